"""The rules of distribution."""
