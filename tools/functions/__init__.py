"""docs/functions.md, the table of every Azure function."""
