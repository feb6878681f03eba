"""Operations whose store calls run one at a time, and can fail, stall or be killed."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeVar

from shared.composition.metered import Metered
from shared.ports.documents import (
    Condition,
    Document,
    Documents,
    Operation,
    Page,
    Partition,
    Placed,
    StoreUnavailable,
)

T = TypeVar("T")
Fault = Literal["before", "after"]  # before: the call is not made; after: its answer is lost
LOOP_PASSES = 12  # of the event loop, until an answer has reached the waiting task
POLL_SECONDS = 0.001


@dataclass(slots=True, eq=False)
class Waiting:
    """A call of the store that waits for its turn."""

    call_name: str  # the method and the container
    turn: asyncio.Future[Fault | None]
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class Turns(Metered):
    """A store where each call waits until it is let through."""

    def __init__(self, documents: Documents) -> None:
        super().__init__(documents)
        self.waiting: list[Waiting] = []

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        return await self._in_turn(
            f"read {container}", partial(super().read, container, partition, document_id)
        )

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        return await self._in_turn(
            f"commit {container}", partial(super().commit, container, partition, operations)
        )

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        return await self._in_turn(
            f"scatter {container}", partial(super().scatter, container, writes, seal)
        )

    async def query(
        self, container: str, partition: Partition, *conditions: Condition, **options: Any
    ) -> Page:
        return await self._in_turn(
            f"query {container}",
            partial(super().query, container, partition, *conditions, **options),
        )

    async def _in_turn(self, call_name: str, call: Callable[[], Awaitable[T]]) -> T:
        mine = Waiting(call_name, asyncio.get_running_loop().create_future())
        self.waiting.append(mine)
        try:
            fault = await mine.turn
            if fault == "before":
                raise StoreUnavailable("the store is away")
            answer = await call()
            if fault == "after":
                raise StoreUnavailable("the answer is lost")
            return answer
        finally:
            mine.answered.set()


class Run:
    """An operation under way. `faults` say which of its calls fail, by their number."""

    def __init__(
        self, store: Turns, work: Coroutine[Any, Any, Any], faults: dict[int, Fault]
    ) -> None:
        self.faults = faults
        self._store = store
        self._task = asyncio.ensure_future(work)
        self._calls = 0

    @property
    def over(self) -> bool:
        """Return whether the operation has ended, with everything that it began."""
        return self._task.done() and not self._store.waiting

    async def step(self, which: int = 0) -> None:
        """Run one of its waiting calls, until the operation waits again or has ended."""
        await self._parked()
        waiting = self._store.waiting
        if not waiting:
            return
        call = waiting.pop(which % len(waiting))
        call.turn.set_result(self.faults.get(self._calls))
        self._calls += 1
        await call.answered.wait()
        await self._parked()

    async def up_to(self, call_name: str) -> None:
        """Run until it waits for a call such as `commit books`, or has ended."""
        await self.step()
        while not (self.over or any(call.call_name == call_name for call in self._store.waiting)):
            await self.step()

    async def finish(self) -> None:
        while not self.over:
            await self.step()

    async def crash(self, *, inside: bool) -> None:
        """Kill the operation where it waits, or `inside` a call that has started."""
        await self._parked()
        if inside and self._store.waiting:
            self._store.waiting.pop(0).turn.set_result(None)
            await asyncio.sleep(0)
        self._task.cancel()
        for call in self._store.waiting:
            call.turn.cancel()
        self._store.waiting.clear()
        await self._parked()

    def outcome(self, *fine: type[Exception]) -> Exception | None:
        """Return the refusal that it met, if it is one of `fine`. Raises any other exception."""
        if self._task.cancelled():
            return asyncio.InvalidStateError("It has died.")
        exc = self._task.exception()
        if exc is None or isinstance(exc, fine):
            return exc
        raise exc

    async def _parked(self) -> None:
        for _ in range(LOOP_PASSES):
            await asyncio.sleep(0)
        while not (self._task.done() or self._store.waiting):
            await asyncio.sleep(POLL_SECONDS)
