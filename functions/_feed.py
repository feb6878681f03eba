"""The edge of the change feed: one decorator for every trigger that follows a container.

What a feed tells never gets lost. The host repeats a batch whose function raised, so whatever may
pass is raised: a store that does not answer, and a replica that does not show the change yet. A
document that cannot be digested is set aside with the reason, and the rest of the batch goes on.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from typing import Any

import azure.functions as func

from functions._work import observed
from shared.composition import wiring
from shared.composition.telemetry import telemetry
from shared.core.errors import Unavailable
from shared.platform.priority import behind_others
from shared.ports.changes import Change, Lagging, change_of
from shared.ports.documents import Partition
from shared.sync.set_aside import set_change_aside

Handler = Callable[[Sequence[Change]], Awaitable[None]]

POLL_MILLISECONDS, WAITED_FOR_MILLISECONDS = 5000, 1000
# An instance that has died is followed after the expiration; the host's defaults are 13, 60, 17 s.
LEASE_ACQUIRE_MILLISECONDS, LEASE_EXPIRATION_MILLISECONDS = 5000, 20_000
LEASE_RENEW_MILLISECONDS = 7000
PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8)  # for a replica to catch up, before the host repeats
MAX_LAG_SECONDS = 60.0  # after which a change that does not show is set aside: it was removed
MAX_LATE_CHANGES = 1000  # that are remembered


def feed(
    blueprint: func.Blueprint, container: str, *, is_waited_for: bool = False
) -> Callable[[Handler], Any]:
    """Register a function that follows the changes of a container, under leases of its own name.

    It begins with what was there before the first deployment. A batch that failed is repeated
    until it succeeds: without a retry policy the host drops it. Where no person waits for it, the
    store serves those for whom one does first.
    """

    def registered(handler: Handler) -> Any:
        async def entry(changes: func.DocumentList) -> None:
            with nullcontext() if is_waited_for else behind_others():
                await digest(handler, [change_of(container, change) for change in changes])

        entry.__name__, entry.__doc__ = handler.__name__, handler.__doc__
        entry.__module__ = handler.__module__
        trigger = blueprint.cosmos_db_trigger(
            arg_name="changes",
            connection="COSMOS",
            database_name="%COSMOS_DATABASE%",
            container_name=container,
            lease_container_name="leases",
            lease_container_prefix=handler.__name__,
            lease_acquire_interval=LEASE_ACQUIRE_MILLISECONDS,
            lease_expiration_interval=LEASE_EXPIRATION_MILLISECONDS,
            lease_renew_interval=LEASE_RENEW_MILLISECONDS,
            feed_poll_delay=WAITED_FOR_MILLISECONDS if is_waited_for else POLL_MILLISECONDS,
            start_from_beginning=True,  # type: ignore[arg-type]  # its annotation is wrong
        )
        retry = blueprint.retry(
            strategy="fixed_delay", max_retry_count="-1", delay_interval="00:00:05"
        )
        return retry(trigger(observed(entry)))

    return registered


async def digest(handler: Handler, changes: Sequence[Change]) -> None:
    """Handle the changes, those that can be handled.

    Raises Unavailable for the host to repeat all of them: handlers bear repeating.
    """
    try:
        await _patiently(handler, changes)
    except Exception as exc:
        if isinstance(exc, Unavailable) and not isinstance(exc, Lagging):
            raise
        await _one_by_one(handler, changes)


async def _patiently(handler: Handler, changes: Sequence[Change]) -> None:
    """Handle the changes; a few times, while a replica does not show them yet."""
    for pause in PAUSES_SECONDS:
        try:
            return await handler(changes)
        except Lagging:
            await asyncio.sleep(pause)
    return await handler(changes)


async def _one_by_one(handler: Handler, changes: Sequence[Change]) -> None:
    """Handle each change by itself, but none before one of the same partition that is late.

    Raises Lagging if one of them is.
    """
    late: dict[Partition, Lagging] = {}
    for change in changes:
        if change.partition not in late and (lagging := await _digest_one(handler, change)):
            late[change.partition] = lagging
    if late:
        raise next(iter(late.values()))


async def _digest_one(handler: Handler, change: Change) -> Lagging | None:
    """Handle the change or set it aside; return what says that it is to come again."""
    try:
        await handler([change])
    except Lagging as exc:
        if _late.is_new(handler, change):
            return exc
        await _set_aside(handler, change, exc)
    except Unavailable:
        raise
    except Exception as exc:  # noqa: BLE001  # whatever it is, the others must go on
        await _set_aside(handler, change, exc)
    _late.forget(handler, change)
    return None


async def _set_aside(handler: Handler, change: Change, cause: Exception) -> None:
    await set_change_aside(change, handler.__name__, cause, wiring.backend().documents)
    if telemetry().on:
        telemetry().count("libro.feed.set_aside", 1, {"libro.operation": handler.__name__})


class _Late:
    """Since when this process has waited for which changes to show."""

    def __init__(self) -> None:
        self._patience = MAX_LAG_SECONDS
        self._since: OrderedDict[tuple[Any, ...], float] = OrderedDict()

    def is_new(self, handler: Handler, change: Change) -> bool:
        since = self._since.setdefault(_key(handler, change), time.monotonic())
        while len(self._since) > MAX_LATE_CHANGES:
            self._since.popitem(last=False)
        return time.monotonic() - since < self._patience

    def forget(self, handler: Handler, change: Change) -> None:
        self._since.pop(_key(handler, change), None)


def _key(handler: Handler, change: Change) -> tuple[Any, ...]:
    return (handler.__name__, change.partition, change.id, *change.numbers.items())


_late = _Late()
