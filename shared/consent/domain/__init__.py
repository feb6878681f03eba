"""The rules of consent: pure, no I/O."""
