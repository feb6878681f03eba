"""docs/errors.md, the table of every code that a caller can meet."""
