"""The bus port kept by Azure Service Bus."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusSender
from azure.servicebus.exceptions import MessageSizeExceededError, ServiceBusError

from shared.bus import BusUnavailable, Outgoing
from shared.topology import topics

PATIENT: dict[str, Any] = {"retry_total": 3, "retry_backoff_factor": 0.2}

# At INFO the SDK tells of every link and frame.
logging.getLogger("azure.servicebus").setLevel(logging.WARNING)


class ServiceBus:
    """One client for the process, and a sender for each entity, opened when it is first needed.

    An answer that is lost is sent again by the SDK with the same id: entities that must not hold
    a message twice need a window for duplicates.
    """

    def __init__(
        self, client: ServiceBusClient, identity: AsyncTokenCredential | None = None
    ) -> None:
        self._client = client
        self._identity = identity
        self._senders: dict[str, ServiceBusSender] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        """Send in as few batches as they fit in. A message that fits in none is a fault of ours."""
        async with self._turns[entity]:  # a sender serves one at a time
            try:
                await _send(self._sender(entity), messages)
            except MessageSizeExceededError:
                raise
            except (ServiceBusError, TimeoutError) as exc:
                raise BusUnavailable(f"The bus does not answer ({type(exc).__name__}).") from exc

    def _sender(self, entity: str) -> ServiceBusSender:
        if entity not in self._senders:
            self._senders[entity] = (
                self._client.get_topic_sender(entity)
                if entity in topics()
                else self._client.get_queue_sender(entity)
            )
        return self._senders[entity]

    async def close(self) -> None:
        for sender in self._senders.values():
            await sender.close()
        await self._client.close()
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


def _rendered(message: Outgoing) -> ServiceBusMessage:
    properties: Any = dict(message.properties)  # the SDK's type wants its keys to be bytes, too
    return ServiceBusMessage(
        message.body,
        message_id=message.id,
        session_id=message.session,
        content_type=message.content_type,
        application_properties=properties,
    )


def with_connection_string(text: str) -> ServiceBus:
    return ServiceBus(ServiceBusClient.from_connection_string(text, **PATIENT))


def with_identity(namespace: str, identity: AsyncTokenCredential) -> ServiceBus:
    return ServiceBus(ServiceBusClient(namespace, identity, **PATIENT), identity)
