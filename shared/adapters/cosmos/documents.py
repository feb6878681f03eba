"""The document port kept by Azure Cosmos DB, by the SDK over the gateway."""

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import CosmosClient

from shared.adapters.cosmos import sql as cosmos_sql
from shared.adapters.cosmos.batch import Batch, Place
from shared.adapters.cosmos.items import document_of
from shared.adapters.cosmos.retries import patiently
from shared.adapters.cosmos.traffic import Traffic
from shared.platform.topology import containers
from shared.ports.documents import (
    Changes,
    Condition,
    Document,
    Documents,
    Operation,
    Order,
    Page,
    Partition,
    Placed,
    check_id,
    check_operations,
)

BY_ID = Order()
LARGEST_CONTINUATION = 1  # KB; it travels inside our cursors
QUIET: dict[str, Any] = {
    # Said here, or the SDK leaves out every session token that it is given.
    "consistency_level": "Session",
    # Every retry is ours: the SDK's would send a write again without knowing whether it arrived.
    "retry_total": 0,
    "retry_throttle_total": 1,
    "retry_throttle_backoff_max": 1e-9,
    "connection_timeout": 5,
    "read_timeout": 5,
}


class CosmosDocuments(Documents):
    """One client for the process. Writes go to one region: several would break uniqueness."""

    def __init__(
        self, client: CosmosClient, database: str, identity: AsyncTokenCredential | None = None
    ) -> None:
        self._client = client
        self._identity = identity
        self._traffic = Traffic()
        place = client.get_database_client(database)
        self._containers = {name: place.get_container_client(name) for name in containers()}

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        check_id(document_id)
        place = self._place(container, partition)
        found = await patiently(lambda: place.find(document_id))
        return None if found is None else document_of(found)

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        check_operations(operations)
        place = self._place(container, partition)
        return await Batch(place, operations, mark=secrets.token_hex(6)).commit()

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        together: dict[Partition, list[Operation]] = {}
        for write in writes:
            together.setdefault(write.partition, []).append(write.operation)
        done = await asyncio.gather(
            *(self.commit(container, place, group) for place, group in together.items()),
            return_exceptions=True,
        )
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome
        [etag] = await self.commit(container, seal.partition, [seal.operation])
        return etag

    async def query(  # the port's own signature
        self,
        container: str,
        partition: Partition,
        *conditions: Condition,
        order: Order = BY_ID,
        limit: int = 100,
        continuation: str | None = None,
    ) -> Page:
        text, parameters = cosmos_sql.render(conditions, order)
        proxy, key = self._containers[container], _key(container, partition)

        async def attempt() -> Page:
            with self._traffic.asking("query", container) as asking:
                pages: Any = proxy.query_items(
                    query=text,
                    parameters=parameters,
                    partition_key=key,
                    max_item_count=limit,
                    continuation_token_limit=LARGEST_CONTINUATION,
                    **asking.how,
                ).by_page(continuation)
                found = [document_of(body) for body in await _first(pages)]
                return Page(found, (pages.continuation_token or None) if found else None)

        return await patiently(attempt)

    async def changes(self, container: str, position: str | None, limit: int) -> Changes:
        proxy = self._containers[container]
        start: dict[str, Any] = (
            {"start_time": "Beginning"} if position is None else {"continuation": position}
        )

        async def attempt() -> Changes:
            with self._traffic.asking("changes", container) as asking:
                pages = proxy.query_items_change_feed(max_item_count=limit, **start, **asking.how)
                found = [document_of(body) for body in await _first(pages.by_page())]
            etag = asking.headers.get("etag")
            return Changes(found, etag or position or "")

        return await patiently(attempt)

    def _place(self, container: str, partition: Partition) -> Place:
        key = _key(container, partition)
        return Place(container, key, self._containers[container], self._traffic)

    async def close(self) -> None:
        await self._client.close()
        if self._identity:
            await self._identity.close()


# At INFO the SDK writes the address of every document, and ids hold names and e-mails. What is
# worth knowing of an operation stands in our own log, without them.
logging.getLogger("azure").setLevel(logging.WARNING)


def with_connection_string(text: str, database: str) -> CosmosDocuments:
    client = CosmosClient.from_connection_string(text, transport=_transport(), **QUIET)
    return CosmosDocuments(client, database)


def with_identity(endpoint: str, identity: AsyncTokenCredential, database: str) -> CosmosDocuments:
    client = CosmosClient(endpoint, identity, transport=_transport(), **QUIET)
    return CosmosDocuments(client, database, identity)


def _transport() -> AioHttpTransport:
    """Spare the reading of ~/.netrc and of proxy variables, which else comes with each request."""
    return AioHttpTransport(use_env_settings=False)


def _key(container: str, partition: Partition) -> Any:
    """Return the whole partition key as the SDK takes it: never a prefix of it."""
    paths = containers()[container].partition_key
    if len(partition) != len(paths) or not all(partition):
        raise ValueError(f"{partition!r} is not a whole partition key of {container}")
    return list(partition) if len(paths) > 1 else partition[0]


async def _first(pages: Any) -> list[Mapping[str, Any]]:
    async for page in pages:
        return [body async for body in page]
    return []
