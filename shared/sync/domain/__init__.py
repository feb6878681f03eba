"""The rules of synchronization: pure, no I/O."""
