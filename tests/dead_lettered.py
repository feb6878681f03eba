"""Dead-lettered messages, without waiting for a function to fail."""

from local.bus.sqlite import SqliteBus
from shared.platform.topology import messaging
from shared.ports.bus import Outgoing
from shared.sync.outbox import CUSTOMER_SYNC
from tests.api import COMPANY


def a_message(name: str, body: bytes = b'{"kind": "poison"}', **properties: str) -> Outgoing:
    with_company = {"legalEntity": COMPANY} | properties
    return Outgoing(name, body, session=name, properties=with_company)


async def dead_letter(bus: SqliteBus, *messages: Outgoing) -> None:
    """Send the messages to the queue, and abandon every delivery of them."""
    await bus.send(CUSTOMER_SYNC, messages)
    for _ in range(messaging().queues[CUSTOMER_SYNC].max_deliveries):
        for received in await bus.receive(CUSTOMER_SYNC, len(messages)):
            await bus.abandon(received)
