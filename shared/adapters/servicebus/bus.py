"""The bus port on Azure Service Bus."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusSender
from azure.servicebus.exceptions import MessageSizeExceededError, ServiceBusError

from shared.adapters.servicebus import dead_letters as servicebus_dead
from shared.platform.topology import messaging
from shared.ports.bus import BusUnavailable, DeadLetter, Outgoing

CLIENT_OPTIONS: dict[str, Any] = {"retry_total": 3, "retry_backoff_factor": 0.2}

# At INFO the SDK logs every link and frame.
logging.getLogger("azure.servicebus").setLevel(logging.WARNING)


class ServiceBus:
    """One client per process, and a sender per entity, opened on first use.

    After a lost answer the SDK sends the message again with the same id: entities that must not
    hold a message twice need a duplicate window.
    """

    def __init__(
        self, client: ServiceBusClient, identity: AsyncTokenCredential | None = None
    ) -> None:
        self.client = client
        self._identity = identity
        self._senders: dict[str, ServiceBusSender] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def compact(self) -> None:
        """Do nothing: the files of the service are its own."""

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        """Send in as few batches as possible. Raises MessageSizeExceededError."""
        async with self._turns[entity]:  # a sender is not concurrent
            try:
                await _send(self._sender(entity), messages)
            except MessageSizeExceededError:
                raise
            except (ServiceBusError, TimeoutError) as exc:
                raise _unavailable(exc) from exc

    async def dead_letters(self, entity: str, *, after: int, limit: int) -> list[DeadLetter]:
        try:
            return await servicebus_dead.peek(self.client, entity, after=after, limit=limit)
        except (ServiceBusError, TimeoutError) as exc:
            raise _unavailable(exc) from exc

    async def replay(self, entity: str, sequence: int, body: bytes | None) -> bool:
        async def send(message: Outgoing) -> None:
            await self.send(entity.partition("/")[0], [message])

        return await self._take(entity, sequence, servicebus_dead.resend(send, body))

    async def drop(self, entity: str, sequence: int) -> bool:
        return await self._take(entity, sequence, servicebus_dead.do_nothing)

    async def _take(self, entity: str, sequence: int, action: servicebus_dead.Action) -> bool:
        try:
            return await servicebus_dead.take(self.client, entity, sequence, action)
        except (ServiceBusError, TimeoutError) as exc:
            raise _unavailable(exc) from exc

    def _sender(self, entity: str) -> ServiceBusSender:
        if entity not in self._senders:
            self._senders[entity] = (
                self.client.get_topic_sender(entity)
                if entity in messaging().topics
                else self.client.get_queue_sender(entity)
            )
        return self._senders[entity]

    async def close(self) -> None:
        for sender in self._senders.values():
            await sender.close()
        await self.client.close()
        if self._identity:
            await self._identity.close()


async def _send(sender: ServiceBusSender, messages: Sequence[Outgoing]) -> None:
    batch = await sender.create_message_batch()
    for message in map(_rendered, messages):
        try:
            batch.add_message(message)
        except MessageSizeExceededError:
            if not len(batch):
                raise
            await sender.send_messages(batch)
            batch = await sender.create_message_batch()
            batch.add_message(message)
    if len(batch):
        await sender.send_messages(batch)


def _unavailable(exc: Exception) -> BusUnavailable:
    return BusUnavailable(f"The bus does not respond ({type(exc).__name__}).")


def _rendered(message: Outgoing) -> ServiceBusMessage:
    properties: Any = dict(message.properties)  # the SDK's type also allows bytes as keys
    return ServiceBusMessage(
        message.body,
        message_id=message.id,
        session_id=message.session,
        content_type=message.content_type,
        application_properties=properties,
        scheduled_enqueue_time_utc=message.due,
    )


def with_connection_string(text: str) -> ServiceBus:
    return ServiceBus(ServiceBusClient.from_connection_string(text, **CLIENT_OPTIONS))


def with_identity(namespace: str, identity: AsyncTokenCredential) -> ServiceBus:
    return ServiceBus(ServiceBusClient(namespace, identity, **CLIENT_OPTIONS), identity)
