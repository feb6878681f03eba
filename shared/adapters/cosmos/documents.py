"""The document port on Azure Cosmos DB, with the SDK in gateway mode."""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import ContainerProxy, CosmosClient

from shared.adapters.cosmos import sql as cosmos_sql
from shared.adapters.cosmos.batch import Batch, BatchTarget
from shared.adapters.cosmos.feed import Stretch, position_of, stretches_in, stretches_of
from shared.adapters.cosmos.items import document_of
from shared.adapters.cosmos.retries import Relents, with_retries
from shared.adapters.cosmos.traffic import Traffic
from shared.core.concurrency import side_by_side
from shared.platform import priority
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

BEHIND_AT_ONCE: Final = 4  # partitions
BY_ID = Order()
MAX_CONTINUATION_KB = 1  # it is part of the cursors of pages
SESSION = "Session"  # without it the SDK omits every session token that it gets
CLIENT_OPTIONS: dict[str, Any] = {
    # The adapter retries: the SDK would repeat a write without knowing whether it had arrived.
    "retry_total": 0,
    "retry_throttle_total": 1,
    "retry_throttle_backoff_max": 1e-9,
    "connection_timeout": 5,
    "read_timeout": 5,
}
Connect = Callable[[Mapping[str, Any]], CosmosClient]  # options of the client -> a client


class CosmosDocuments(Documents):
    """Uses one client per process. Writes go to one region: several would break uniqueness.

    A second client, made when it is needed, asks for no level of consistency, so its reads have
    the account's own: see docs/decisions/0032.
    """

    def __init__(
        self, connect: Connect, database: str, identity: AsyncTokenCredential | None = None
    ) -> None:
        self._identity = identity
        self._traffic = Traffic()
        self._database = database
        self._connect = connect
        self._clients: list[CosmosClient] = []
        self._containers = self._opened({"consistency_level": SESSION})

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        check_id(document_id)
        target = self._target(container, partition)
        item = await with_retries(lambda: target.find(document_id), self._relents(container))
        return None if item is None else document_of(item)

    async def read_newest(
        self, container: str, partition: Partition, document_id: str
    ) -> Document | None:
        check_id(document_id)
        key, proxy = _key(container, partition), self._newest[container]
        target = BatchTarget(container, key, proxy, self._traffic)
        item = await with_retries(lambda: target.find(document_id))
        return None if item is None else document_of(item)

    @cached_property
    def _newest(self) -> Mapping[str, ContainerProxy]:
        return self._opened({})

    def _opened(self, options: Mapping[str, Any]) -> Mapping[str, ContainerProxy]:
        client = self._connect({**CLIENT_OPTIONS, **options})
        self._clients.append(client)
        proxy = client.get_database_client(self._database)
        return {name: proxy.get_container_client(name) for name in containers()}

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        check_operations(operations)
        target = self._target(container, partition)
        return await Batch(target, operations, mark=secrets.token_hex(6)).commit()

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        by_partition: dict[Partition, list[Operation]] = {}
        for write in writes:
            by_partition.setdefault(write.partition, []).append(write.operation)
        # Work for which nobody waits comes in small portions, so that others get in between.
        at_once = BEHIND_AT_ONCE if priority.low.get() else len(by_partition)

        async def write_group(placed: tuple[Partition, list[Operation]]) -> None:
            await self.commit(container, *placed)

        await side_by_side(by_partition.items(), write_group, at_once=at_once)
        [etag] = await self.commit(container, seal.partition, [seal.operation])
        return etag

    async def query(  # noqa: PLR0913  # the port's own signature
        self,
        container: str,
        partition: Partition,
        *conditions: Condition,
        order: Order = BY_ID,
        limit: int = 100,
        continuation: str | None = None,
        newest: bool = False,
    ) -> Page:
        text, parameters = cosmos_sql.render(conditions, order)
        containers_read = self._newest if newest else self._containers
        proxy, key = containers_read[container], _key(container, partition)

        async def attempt() -> Page:
            with self._traffic.call("query", container) as call:
                pages: Any = proxy.query_items(
                    query=text,
                    parameters=parameters,
                    partition_key=key,
                    max_item_count=limit,
                    continuation_token_limit=MAX_CONTINUATION_KB,
                    **call.options,
                ).by_page(continuation)
                documents = [document_of(body) for body in await _first_page(pages)]
                return Page(documents, (pages.continuation_token or None) if documents else None)

        return await with_retries(attempt, self._relents(container))

    async def changes(self, container: str, position: str | None, limit: int) -> Changes:
        """Return changes of one physical partition, the first in turn that has some."""
        stretches = stretches_in(position)
        for _ in range(len(stretches)):
            documents, read = await self._read_stretch(container, stretches[0], limit)
            stretches = [*stretches[1:], *read]
            if documents:
                break
        return Changes(documents, position_of(stretches))

    async def _read_stretch(
        self, container: str, stretch: Stretch, limit: int
    ) -> tuple[list[Document], list[Stretch]]:
        """Return the next changes, and the stretches to be read after them."""
        proxy = self._containers[container]

        async def attempt() -> tuple[list[Document], list[Stretch]]:
            with self._traffic.call("changes", container) as call:
                pages = proxy.query_items_change_feed(
                    max_item_count=limit, **stretch.start, **call.options
                )
                documents = [
                    replace(document_of(body), partition=_partition_of(container, body))
                    for body in await _first_page(pages.by_page())
                ]
            reached = call.headers.get("etag")
            return documents, stretches_of(reached) if reached else [stretch]

        return await with_retries(attempt, self._relents(container))

    def _relents(self, container: str) -> Relents:
        return self._traffic.leaving_behind(container, own=True)

    def _target(self, container: str, partition: Partition) -> BatchTarget:
        key = _key(container, partition)
        return BatchTarget(container, key, self._containers[container], self._traffic)

    async def close(self) -> None:
        for client in self._clients:
            await client.close()
        if self._identity:
            await self._identity.close()


# At INFO the SDK logs the address of every document, and ids contain names and e-mails. Our own
# log has the useful facts of each operation, without them.
logging.getLogger("azure").setLevel(logging.WARNING)


def with_connection_string(text: str, database: str) -> CosmosDocuments:
    def connect(options: Mapping[str, Any]) -> CosmosClient:
        return CosmosClient.from_connection_string(text, transport=_transport(), **options)

    return CosmosDocuments(connect, database)


def with_identity(endpoint: str, identity: AsyncTokenCredential, database: str) -> CosmosDocuments:
    def connect(options: Mapping[str, Any]) -> CosmosClient:
        return CosmosClient(endpoint, identity, transport=_transport(), **options)

    return CosmosDocuments(connect, database, identity)


def _transport() -> AioHttpTransport:
    """Return a transport that does not read ~/.netrc and proxy variables for each request."""
    return AioHttpTransport(use_env_settings=False)


def _key(container: str, partition: Partition) -> Any:
    """Return the complete partition key for the SDK. Raises ValueError for a prefix."""
    paths = containers()[container].partition_key
    if len(partition) != len(paths) or not all(partition):
        raise ValueError(f"{partition!r} is not a whole partition key of {container}")
    return list(partition) if len(paths) > 1 else partition[0]


def _partition_of(container: str, item: Mapping[str, Any]) -> Partition:
    paths = containers()[container].partition_key
    return tuple(str(item[path.strip("/")]) for path in paths)


async def _first_page(pages: Any) -> list[Mapping[str, Any]]:
    async for page in pages:
        return [body async for body in page]
    return []
