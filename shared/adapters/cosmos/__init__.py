"""The document port on Azure Cosmos DB."""
