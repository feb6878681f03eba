"""The Cosmos DB adapter connected to the endpoint."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.adapters.cosmos.documents import CosmosDocuments, with_connection_string
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.server import connection_string


@asynccontextmanager
async def cosmos_documents(endpoint: Endpoint, database: str) -> AsyncIterator[CosmosDocuments]:
    documents = with_connection_string(connection_string(endpoint.url), database)
    try:
        yield documents
    finally:
        await documents.close()
