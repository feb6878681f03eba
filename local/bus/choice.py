"""The buses that the host supports, each with a port to send and a source to receive."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from local.bus.sqlite import SqliteBus
from local.bus.tables import Received
from local.folder import Folder
from shared.composition import wiring
from shared.platform.settings import Settings
from shared.platform.topology import Messaging
from shared.ports.bus import Bus


class Session(Protocol):
    """A session that this process holds: nobody else receives its messages meanwhile."""

    async def next(self, wait: float) -> Received | None:
        """Lock the next message, or return None if there is none within so many seconds.

        The message before it must have been completed or abandoned.
        """
        ...

    async def release(self) -> None:
        """Give the session back."""
        ...


class Source(Protocol):
    """Delivers messages under a lock, until they are completed or abandoned."""

    async def receive(self, entity: str, limit: int) -> Sequence[Received]:
        """Lock up to `limit` waiting messages of an entity without sessions. May return none."""
        ...

    async def accept(self, entity: str) -> Session | None:
        """Take up a session that has messages and that nobody holds. May return none."""
        ...

    async def take_over(self) -> None:
        """Free what a receiver held that has died; there is no other one than this."""
        ...

    async def complete(self, received: Received) -> object: ...

    async def abandon(self, received: Received) -> object: ...

    async def renew(self, entity: str, received: Received) -> object:
        """Extend the lock by its full duration."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    port: Bus
    source: Source


OpenBus = Callable[[Folder, Messaging], AbstractAsyncContextManager[Opened]]


@asynccontextmanager
async def embedded(folder: Folder, layout: Messaging) -> AsyncIterator[Opened]:
    bus = SqliteBus(folder.bus, layout)
    try:
        yield Opened(bus, bus)
    finally:
        bus.close()


@asynccontextmanager
async def service_bus(_: Folder, layout: Messaging) -> AsyncIterator[Opened]:
    """Open the namespace that the settings name."""
    # Imported here, so that a host with the embedded bus does not load the SDK.
    from local.bus.servicebus import ServiceBusSource  # noqa: PLC0415

    bus = wiring.connect_bus(Settings())
    source = ServiceBusSource(bus.client, layout)
    try:
        yield Opened(bus, source)
    finally:
        await source.close()
        await bus.close()


BUSES: dict[str, OpenBus] = {"embedded": embedded, "servicebus": service_bus}
