"""Receiving from Azure Service Bus by its SDK, as the extension of the real host does."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from azure.servicebus import NEXT_AVAILABLE_SESSION, ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver
from azure.servicebus.exceptions import OperationTimeoutError, ServiceBusError

from local.bus.tables import Message, Received
from shared.platform.topology import Messaging

NEXT_SESSION = 2.0  # seconds to wait for a session that has messages
NEXT_MESSAGE = 0.5
SESSIONS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Locked:
    """A message as the SDK knows it, and the link that holds its lock."""

    receiver: ServiceBusReceiver
    message: ServiceBusReceivedMessage


class ServiceBusSource:
    """Receives from queues and subscriptions; of one with sessions, one message a session."""

    def __init__(self, client: ServiceBusClient, layout: Messaging) -> None:
        self._client = client
        self._entities = layout.entities()
        self._links: dict[str, ServiceBusReceiver] = {}
        self._idle: dict[str, list[ServiceBusReceiver]] = {}
        self._locked: dict[str, Locked] = {}

    async def receive(self, entity: str, most: int) -> list[Received]:
        if self._entities[entity].sessions:
            return await self._of_sessions(entity, min(most, SESSIONS_AT_ONCE))
        link = self._links.get(entity)
        if link is None:
            link = self._links[entity] = self._open(entity)
        return [self._keep(link, one) for one in await _messages(link, most, NEXT_SESSION)]

    async def complete(self, received: Received) -> None:
        locked = self._locked.pop(received.lock_token)
        with suppress(ServiceBusError):  # the lock is lost, so the message comes again
            await locked.receiver.complete_message(locked.message)
        self._free(locked.receiver)

    async def abandon(self, received: Received) -> None:
        locked = self._locked.pop(received.lock_token)
        with suppress(ServiceBusError):
            await locked.receiver.abandon_message(locked.message)
        self._free(locked.receiver)

    async def renew(self, entity: str, received: Received) -> None:
        locked = self._locked.get(received.lock_token)
        with suppress(ServiceBusError):
            if locked and self._entities[entity].sessions:
                await locked.receiver.session.renew_lock()
            elif locked:
                await locked.receiver.renew_message_lock(locked.message)

    async def close(self) -> None:
        sessions = [one for idle in self._idle.values() for one in idle]
        held = [one.receiver for one in self._locked.values()]
        for link in {id(one): one for one in (*self._links.values(), *sessions, *held)}.values():
            await link.close()

    async def _of_sessions(self, entity: str, most: int) -> list[Received]:
        """Go on with the sessions that are ours, and look for another one."""
        idle = self._idle.pop(entity, [])
        ours, left = idle[:most], idle[most:]
        if left:
            self._idle[entity] = left
        links = [*ours, *([self._open(entity)] if len(ours) < most else [])]
        found = await asyncio.gather(*(self._first(link, link in ours) for link in links))
        return [one for one in found if one]

    async def _first(self, link: ServiceBusReceiver, known: bool) -> Received | None:
        """Return the next message of the session; a session that has none is let go."""
        messages = await _messages(link, 1, NEXT_MESSAGE if known else NEXT_SESSION)
        if messages:
            return self._keep(link, messages[0])
        await link.close()
        return None

    def _open(self, entity: str) -> ServiceBusReceiver:
        topic, _, name = entity.partition("/subscriptions/")
        how: dict[str, Any] = {"keep_alive": 0}  # without it, closing takes half a second
        if self._entities[entity].sessions:
            how["session_id"] = NEXT_AVAILABLE_SESSION
        if name:
            return self._client.get_subscription_receiver(topic, name, **how)
        return self._client.get_queue_receiver(entity, **how)

    def _keep(self, link: ServiceBusReceiver, message: ServiceBusReceivedMessage) -> Received:
        token = str(message.lock_token)
        self._locked[token] = Locked(link, message)
        return received_of(message)

    def _free(self, link: ServiceBusReceiver) -> None:
        if link.session is not None:
            self._idle.setdefault(link.entity_path, []).append(link)


async def _messages(
    link: ServiceBusReceiver, most: int, wait: float
) -> list[ServiceBusReceivedMessage]:
    try:
        return await link.receive_messages(most, max_wait_time=wait)
    except OperationTimeoutError:  # no session waits
        return []


def received_of(message: ServiceBusReceivedMessage) -> Received:
    """Return the message with what the extension tells of it. The SDK counts deliveries from 0."""
    own = message.application_properties or {}
    properties: dict[str, Any] = {
        "MessageId": message.message_id,
        "SessionId": message.session_id,
        "CorrelationId": message.correlation_id,
        "Subject": message.subject,
        "ContentType": message.content_type,
        "ApplicationProperties": {_text(name): _text(value) for name, value in own.items()},
    }
    enqueued = message.enqueued_time_utc
    return Received(
        Message(b"".join(message.body), properties),
        message.sequence_number or 0,
        enqueued.timestamp() if enqueued else 0.0,
        str(message.lock_token),
        (message.delivery_count or 0) + 1,
    )


def _text(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value
