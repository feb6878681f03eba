"""The rules of uploads and conflicts: pure, no I/O."""
