"""The adapter over the endpoint."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from azure.cosmos.aio import CosmosClient

from shared.adapters.cosmos import QUIET, CosmosDocuments
from tests.cosmos.endpoint import Endpoint
from tests.cosmos.server import connection_string


@asynccontextmanager
async def cosmos_documents(endpoint: Endpoint, database: str) -> AsyncIterator[CosmosDocuments]:
    client = CosmosClient.from_connection_string(connection_string(endpoint.url), **QUIET)
    documents = CosmosDocuments(client, database)
    yield documents
    await documents.close()
