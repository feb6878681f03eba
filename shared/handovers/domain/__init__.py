"""The rules of bulk moves: pure, no I/O."""
