"""The rules of follow-ups: pure, no I/O."""
