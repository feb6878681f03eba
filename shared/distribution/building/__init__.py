"""Building packages from the index."""
