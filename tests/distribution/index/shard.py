"""One shard of the index in memory, whose calls are let through one by one."""

import asyncio
import random
from collections.abc import Collection, Sequence
from typing import Any, Final

from shared.core.errors import AlreadyExists, Stale
from shared.ports.documents import (
    ID_ORDER,
    Changes,
    Condition,
    Contains,
    Create,
    Document,
    Documents,
    In,
    Operation,
    Order,
    Page,
    Partition,
    Placed,
    Put,
    Range,
    Replace,
)

LOOP_PASSES: Final = 5  # of the event loop, until an answer has reached who waits for it


class Shard(Documents):
    """Documents of one partition, with all that they have said by number.

    `keeps_left` is what a mutant does without: an entry that left a scope is matched by it still.
    """

    def __init__(self, *, keeps_left: bool) -> None:
        self.waiting: list[asyncio.Future[None]] = []
        self.said: list[dict[str, Any]] = []
        self._documents: dict[str, Document] = {}
        self._keeps_left = keeps_left
        self._writes = 0

    async def turn(self) -> None:
        mine = asyncio.get_running_loop().create_future()
        self.waiting.append(mine)
        await mine

    async def step(self, chance: random.Random) -> None:
        """Let one call through that waits, and whoever waited for it go on."""
        if self.waiting:
            call = self.waiting.pop(chance.randrange(len(self.waiting)))
            if not call.done():
                call.set_result(None)
        for _ in range(LOOP_PASSES):
            await asyncio.sleep(0)

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        await self.turn()
        return self._documents.get(document_id)

    async def query(  # noqa: PLR0913  # the port's own signature
        self,
        container: str,
        partition: Partition,
        *conditions: Condition,
        order: Order = ID_ORDER,
        limit: int = 100,
        continuation: str | None = None,
        newest: bool = False,  # there is but one writer
    ) -> Page:
        await self.turn()
        found = [one for one in self._documents.values() if _meets(one.body, conditions)]
        return Page(sorted(found, key=lambda one: one.body["seq"])[:limit], None)

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        await self.turn()
        for operation in operations:
            self._check(operation)
        return [self._write(operation) for operation in operations]

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        raise NotImplementedError("The index scatters nothing.")

    async def changes(self, container: str, position: str | None, limit: int) -> Changes:
        raise NotImplementedError("Nobody follows the index.")

    def rows_at(self, number: int, scope: Collection[str]) -> dict[str, int]:
        """Return the version of each row that was in the scope when the head was at this number."""
        newest: dict[str, dict[str, Any]] = {}
        for body in self.said:
            if body["seq"] <= number:
                newest[body["key"]] = body
        return {
            key: body["row"]["at"]
            for key, body in newest.items()
            if body["row"] and not set(scope).isdisjoint({*body["reach"]} - {*body["left"]})
        }

    def _check(self, operation: Operation) -> None:
        match operation:
            case Create(body):
                if body["id"] in self._documents:
                    raise AlreadyExists(body["id"])
            case Replace(body, etag):
                stored = self._documents.get(body["id"])
                if stored is None or stored.etag != etag:
                    raise Stale(body["id"])

    def _write(self, operation: Operation) -> str:
        assert isinstance(operation, Create | Replace | Put)
        body = dict(operation.body)
        if body["type"] == "entry":
            if not self._keeps_left:
                body["reach"] = [one for one in body["reach"] if one not in body["left"]]
            self.said.append(body)
        self._writes += 1
        self._documents[body["id"]] = Document(body, str(self._writes))
        return str(self._writes)


def _meets(body: dict[str, Any], conditions: Sequence[Condition]) -> bool:
    for condition in conditions:
        match condition:
            case Range(path, start, _) if body["type"] != "entry" or body[path] < start:
                return False
            case Contains(path, any_of) if set(body.get(path, ())).isdisjoint(any_of):
                return False
            case In(path, values) if body.get(path) not in values:
                return False
    return True
