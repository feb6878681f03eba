"""Rules of measures."""
