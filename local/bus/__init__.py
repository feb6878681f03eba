"""The buses that the local host works with."""
