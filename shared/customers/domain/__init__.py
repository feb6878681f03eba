"""The rules of the customer master: pure, no I/O."""
