"""The rules of activities and notes: pure, no I/O."""
