"""The rules of settings: pure, no I/O."""
