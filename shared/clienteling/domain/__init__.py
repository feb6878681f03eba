"""The rules of client books and cards: pure, no I/O."""
