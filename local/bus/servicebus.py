"""Receiving from Azure Service Bus with its SDK, as the extension of the real host does."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from azure.servicebus import NEXT_AVAILABLE_SESSION, ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver
from azure.servicebus.exceptions import OperationTimeoutError, ServiceBusError

from local.bus.tables import Message, Received
from shared.platform.topology import Messaging

SESSION_WAIT_SECONDS = 2.0
MESSAGE_WAIT_SECONDS = 0.5
MAX_SESSIONS = 8


@dataclass(frozen=True, slots=True)
class Locked:
    """A message of the SDK, and the receiver that holds its lock."""

    receiver: ServiceBusReceiver
    message: ServiceBusReceivedMessage


class ServiceBusSource:
    """Receives from queues and subscriptions, one message per session at a time."""

    def __init__(self, client: ServiceBusClient, layout: Messaging) -> None:
        self._client = client
        self._entities = layout.entities()
        self._links: dict[str, ServiceBusReceiver] = {}
        self._idle: dict[str, list[ServiceBusReceiver]] = {}
        self._locked: dict[str, Locked] = {}

    async def receive(self, entity: str, limit: int) -> list[Received]:
        if self._entities[entity].sessions:
            return await self._receive_of_sessions(entity, min(limit, MAX_SESSIONS))
        link = self._links.get(entity)
        if link is None:
            link = self._links[entity] = self._open(entity)
        return [
            self._lock(link, message)
            for message in await _messages(link, limit, SESSION_WAIT_SECONDS)
        ]

    async def complete(self, received: Received) -> None:
        locked = self._locked.pop(received.lock_token)
        with suppress(ServiceBusError):  # the lock is lost, so the message is delivered again
            await locked.receiver.complete_message(locked.message)
        self._release(locked.receiver)

    async def abandon(self, received: Received) -> None:
        locked = self._locked.pop(received.lock_token)
        with suppress(ServiceBusError):
            await locked.receiver.abandon_message(locked.message)
        self._release(locked.receiver)

    async def renew(self, entity: str, received: Received) -> None:
        locked = self._locked.get(received.lock_token)
        with suppress(ServiceBusError):
            if locked and self._entities[entity].sessions:
                await locked.receiver.session.renew_lock()
            elif locked:
                await locked.receiver.renew_message_lock(locked.message)

    async def close(self) -> None:
        idle = [link for links in self._idle.values() for link in links]
        busy = [locked.receiver for locked in self._locked.values()]
        for link in {id(link): link for link in (*self._links.values(), *idle, *busy)}.values():
            await link.close()

    async def _receive_of_sessions(self, entity: str, limit: int) -> list[Received]:
        """Continue the sessions that are open, and try to open another one."""
        idle = self._idle.pop(entity, [])
        reused, remaining = idle[:limit], idle[limit:]
        if remaining:
            self._idle[entity] = remaining
        links = [*reused, *([self._open(entity)] if len(reused) < limit else [])]
        messages = await asyncio.gather(
            *(self._receive_first(link, link in reused) for link in links)
        )
        return [message for message in messages if message]

    async def _receive_first(self, link: ServiceBusReceiver, is_open: bool) -> Received | None:
        """Return the next message of the session; a session without messages is closed."""
        messages = await _messages(
            link, 1, MESSAGE_WAIT_SECONDS if is_open else SESSION_WAIT_SECONDS
        )
        if messages:
            return self._lock(link, messages[0])
        await link.close()
        return None

    def _open(self, entity: str) -> ServiceBusReceiver:
        topic, _, name = entity.partition("/subscriptions/")
        options: dict[str, Any] = {"keep_alive": 0}  # without it, closing takes half a second
        if self._entities[entity].sessions:
            options["session_id"] = NEXT_AVAILABLE_SESSION
        if name:
            return self._client.get_subscription_receiver(topic, name, **options)
        return self._client.get_queue_receiver(entity, **options)

    def _lock(self, link: ServiceBusReceiver, message: ServiceBusReceivedMessage) -> Received:
        token = str(message.lock_token)
        self._locked[token] = Locked(link, message)
        return received_of(message)

    def _release(self, link: ServiceBusReceiver) -> None:
        if link.session is not None:
            self._idle.setdefault(link.entity_path, []).append(link)


async def _messages(
    link: ServiceBusReceiver, limit: int, wait_seconds: float
) -> list[ServiceBusReceivedMessage]:
    try:
        return await link.receive_messages(limit, max_wait_time=wait_seconds)
    except OperationTimeoutError:  # no session has messages
        return []


def received_of(message: ServiceBusReceivedMessage) -> Received:
    """Return the message with the properties that the extension reports. The SDK counts from 0."""
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
