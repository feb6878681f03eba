"""Messages that are given up, without waiting for anybody to fail at them."""

from local.bus.sqlite import SqliteBus
from shared.platform.topology import messaging
from shared.ports.bus import Outgoing
from shared.sync.outbox import CUSTOMER_SYNC
from tests.api import COMPANY


def a_letter(name: str, body: bytes = b'{"kind": "poison"}', **properties: str) -> Outgoing:
    own = {"legalEntity": COMPANY} | properties
    return Outgoing(name, body, session=name, properties=own)


async def give_up(bus: SqliteBus, *messages: Outgoing) -> None:
    """Send the messages to the queue and let every delivery of them fail."""
    await bus.send(CUSTOMER_SYNC, messages)
    for _ in range(messaging().queues[CUSTOMER_SYNC].most_deliveries):
        for one in await bus.receive(CUSTOMER_SYNC, len(messages)):
            await bus.abandon(one)
