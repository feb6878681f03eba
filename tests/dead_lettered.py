"""Dead-lettered messages, without waiting for a function to fail."""

import asyncio

from local.bus.sqlite import SqliteBus
from shared.ports.bus import Outgoing
from shared.sync.outbox import CUSTOMER_SYNC
from tests.api import COMPANY


def a_message(name: str, body: bytes = b'{"kind": "poison"}', **properties: str) -> Outgoing:
    with_company = {"legalEntity": COMPANY} | properties
    return Outgoing(name, body, session=name, properties=with_company)


async def dead_letter(bus: SqliteBus, *messages: Outgoing) -> None:
    """Send the messages to the queue, and abandon every delivery of them.

    A host that serves the queue may get some deliveries, and fails too.
    """
    await bus.send(CUSTOMER_SYNC, messages)
    names = {message.id for message in messages}
    async with asyncio.timeout(20):
        while not names <= await _dead(bus):
            for received in await bus.receive(CUSTOMER_SYNC, len(messages)):
                await bus.abandon(received)
            await asyncio.sleep(0.01)


async def _dead(bus: SqliteBus) -> set[str]:
    dead_letters = await bus.dead_letters(CUSTOMER_SYNC, after=0, limit=100)
    return {dead_letter.message.id for dead_letter in dead_letters}
