"""Makes the containers of the Cosmos DB emulator; in Azure the Bicep does, and the app may not."""

from azure.cosmos import PartitionKey
from azure.cosmos.aio import CosmosClient

from shared.platform.topology import Container, containers, database


async def seed(connection: str) -> None:
    """Make what is not there yet. What is there stays as it is."""
    async with CosmosClient.from_connection_string(connection) as client:
        made = await client.create_database_if_not_exists(database())
        for one in containers().values():
            await made.create_container_if_not_exists(
                one.name,
                _key(one),
                indexing_policy=one.indexing_policy,
                default_ttl=one.ttl,
            )


def _key(container: Container) -> PartitionKey:
    paths = list(container.partition_key)
    if len(paths) == 1:
        return PartitionKey(paths[0])
    return PartitionKey(path=paths, kind="MultiHash")
