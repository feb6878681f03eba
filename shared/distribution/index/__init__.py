"""The index of changes: one entry for each row that a channel may hold."""
