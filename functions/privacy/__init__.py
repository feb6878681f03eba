"""Privacy: HTTP operations, and what erases in the background."""
