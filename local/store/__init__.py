"""The document port on one SQLite file, under the same contract as Cosmos DB."""

from local.store.sqlite import SqliteDocuments

__all__ = ["SqliteDocuments"]
