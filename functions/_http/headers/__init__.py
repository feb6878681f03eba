"""The headers that every answer of an operation has."""
