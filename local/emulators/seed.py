"""Creates the containers of the emulators; in Azure the Bicep creates them."""

from typing import Any

from azure.cosmos import PartitionKey
from azure.cosmos.aio import CosmosClient

from shared.adapters.blobs.packages import with_connection_string
from shared.platform.topology import Container, containers, database


async def seed(connection: str) -> None:
    """Create the missing containers of documents. Existing ones are left unchanged."""
    async with CosmosClient.from_connection_string(connection) as client:
        emulated_database = await client.create_database_if_not_exists(database())
        for container in containers().values():
            await emulated_database.create_container_if_not_exists(
                container.name,
                _key(container),
                indexing_policy=container.indexing_policy,
                default_ttl=container.ttl,
            )


async def seed_packages(connection: str, **options: Any) -> None:
    """Create the container of packages, if it is missing; `options` go to the SDK."""
    packages = with_connection_string(connection, **options)
    if not await packages.container.exists():
        await packages.container.create_container()
    await packages.close()


def _key(container: Container) -> PartitionKey:
    paths = list(container.partition_key)
    if len(paths) == 1:
        return PartitionKey(paths[0])
    return PartitionKey(path=paths, kind="MultiHash")
