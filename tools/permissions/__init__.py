"""The page of permissions, generated from the operations."""
