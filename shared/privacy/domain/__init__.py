"""The rules of privacy: pure, no I/O."""
