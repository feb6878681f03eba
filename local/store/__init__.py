"""The document port kept in one SQLite file. Held to the same contract as Cosmos DB."""

from local.store.sqlite import SqliteDocuments

__all__ = ["SqliteDocuments"]
