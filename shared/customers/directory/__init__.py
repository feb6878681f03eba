"""Finding customers: directory entries, search, duplicate candidates, account numbers."""
