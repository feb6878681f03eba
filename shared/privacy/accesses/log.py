"""The log of accesses: noted in memory by requests, and written behind them each second."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import Context as NoRequest
from typing import Final, NamedTuple

from shared.configuration.cache import Configuration
from shared.core.concurrency import side_by_side
from shared.core.errors import Refusal
from shared.platform.priority import behind_others
from shared.ports.documents import Documents
from shared.ports.telemetry import Telemetry
from shared.privacy.accesses.documents import Access, write
from shared.privacy.accesses.watch import Watch

log = logging.getLogger(__name__)

SECONDS: Final = 1.0  # after which what was noted is written: a crash loses no more than two
MAX_WAITING: Final = 20_000  # accesses, while the store does not answer
AT_ONCE: Final = 8
EMPLOYEE: Final = "employee:"


class Visitor(NamedTuple):
    """Who looks: a company, an actor such as `employee:000160`, and the till in between."""

    legal_entity: str
    actor: str
    till: str | None = None


class AccessLog:
    """The accesses of this process. Nothing waits for them: a request notes, and goes on."""

    def __init__(
        self,
        documents: Documents,
        configuration: Configuration,
        telemetry: Callable[[], Telemetry],
    ) -> None:
        self._documents = documents
        self._configuration = configuration
        self._telemetry = telemetry
        self._watch = Watch()
        self._waiting: defaultdict[tuple[str, str], list[Access]] = defaultdict(list)
        self._count = 0
        self._looked: defaultdict[Visitor, set[str]] = defaultdict(set)
        self._writing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._flushing = asyncio.Lock()

    def note(self, visitor: Visitor, customer_id: str, access: Access) -> None:
        """Note that the visitor asked for one customer. The same within a second is noted once."""
        known = self._waiting[visitor.legal_entity, customer_id]
        same = (access.actor, access.till, access.operation, access.result)
        if all((one.actor, one.till, one.operation, one.result) != same for one in known):
            if self._count >= MAX_WAITING:
                self._lose(visitor.legal_entity)
                return
            known.append(access)
            self._count += 1
        self.look(visitor, [customer_id])

    def look(self, visitor: Visitor, customer_ids: Iterable[str]) -> None:
        """Count these customers as seen by the visitor, as a list shows them."""
        self._looked[visitor].update(customer_ids)
        if self._writing is None or self._writing.done():
            # Nothing of the request goes along: no deadline, no tally, no span.
            self._writing = asyncio.get_running_loop().create_task(
                self._write_behind(), context=NoRequest()
            )

    async def flush(self) -> None:
        """Write what is noted now, after what is being written.

        What the store does not take waits for the next time.
        """
        async with self._flushing:
            await self._flush()

    async def _flush(self) -> None:
        waiting, self._waiting, self._count = self._waiting, defaultdict(list), 0
        looked, self._looked = self._looked, defaultdict(set)
        with behind_others():
            failures = await side_by_side(list(waiting.items()), self._write, at_once=AT_ONCE)
            if late := [code for code in failures if code]:
                log.warning("accesses to %d customers are written later: %s", len(late), late[0])
            for visitor, keys in looked.items():
                await self._count_looks(visitor, keys)

    async def close(self) -> None:
        """Write what is noted, and what is being written."""
        self._closing.set()
        if self._writing:
            await self._writing
        await self.flush()

    async def _write_behind(self) -> None:
        while self._waiting or self._looked:
            with suppress(TimeoutError):
                async with asyncio.timeout(SECONDS):
                    await self._closing.wait()
            await self.flush()
            if self._closing.is_set():
                return

    async def _write(self, noted: tuple[tuple[str, str], list[Access]]) -> str | None:
        """Write the accesses to a customer; return the code of what stands in the way, if any."""
        (legal_entity, key), accesses = noted
        try:
            parameters = await self._configuration.parameters(legal_entity)
            partition = (key, legal_entity)
            await write(self._documents, partition, accesses, parameters.access_log_days)
        except Refusal as exc:
            self._waiting[legal_entity, key] += accesses
            self._count += len(accesses)
            return exc.code
        return None

    async def _count_looks(self, visitor: Visitor, keys: set[str]) -> None:
        """Tell of an employee who has looked at more customers in an hour than anybody needs."""
        company, actor, _ = visitor
        if not actor.startswith(EMPLOYEE):
            return
        try:
            most = (await self._configuration.parameters(company)).customers_an_hour
        except Refusal:
            return
        before, after = self._watch.see((company, actor), keys)
        if most and before <= most < after:
            log.warning("%s: %s has looked at %d customers within an hour", company, actor, after)
            self._telemetry().count("libro.access.many", 1, {"libro.legal_entity": company})

    def _lose(self, legal_entity: str) -> None:
        self._telemetry().count("libro.access.lost", 1, {"libro.legal_entity": legal_entity})
