"""Receiving from Azure Service Bus with its SDK, as the extension of the real host does."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from azure.servicebus import NEXT_AVAILABLE_SESSION, ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver
from azure.servicebus.exceptions import OperationTimeoutError, ServiceBusError

from local.bus.tables import Message, Received
from shared.platform.topology import Messaging

SESSION_WAIT_SECONDS = 5.0
MESSAGE_WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Locked:
    """A message of the SDK, and the receiver that holds its lock."""

    receiver: ServiceBusReceiver
    message: ServiceBusReceivedMessage


class ServiceBusSource:
    """Receives from queues and subscriptions, over a connection of its own for each session."""

    def __init__(self, client: ServiceBusClient, layout: Messaging) -> None:
        self._client = client
        self._entities = layout.entities()
        self._links: dict[str, ServiceBusReceiver] = {}
        self._sessions: set[ServiceBusSession] = set()
        self._locked: dict[str, Locked] = {}

    async def receive(self, entity: str, limit: int) -> list[Received]:
        link = self._links.get(entity)
        if link is None:
            link = self._links[entity] = self._open(entity)
        messages = await _messages(link, limit, MESSAGE_WAIT_SECONDS)
        return [self.lock(link, message) for message in messages]

    async def accept(self, entity: str) -> "ServiceBusSession | None":
        link = self._open(entity, session_id=NEXT_AVAILABLE_SESSION)
        try:
            messages = await _messages(link, 1, SESSION_WAIT_SECONDS)
        except BaseException:
            await link.close()
            raise
        if not messages:
            await link.close()
            return None
        session = ServiceBusSession(self, link, self.lock(link, messages[0]))
        self._sessions.add(session)
        return session

    async def take_over(self) -> None:
        """The service frees the sessions of a connection that has broken."""

    async def complete(self, received: Received) -> None:
        locked = self._locked.pop(received.lock_token)
        with suppress(ServiceBusError):  # the lock is lost, so the message is delivered again
            await locked.receiver.complete_message(locked.message)

    async def abandon(self, received: Received) -> None:
        locked = self._locked.pop(received.lock_token)
        with suppress(ServiceBusError):
            await locked.receiver.abandon_message(locked.message)

    async def renew(self, entity: str, received: Received) -> None:
        locked = self._locked.get(received.lock_token)
        with suppress(ServiceBusError):
            if locked and self._entities[entity].sessions:
                await locked.receiver.session.renew_lock()
            elif locked:
                await locked.receiver.renew_message_lock(locked.message)

    async def close(self) -> None:
        for link in self._links.values():
            await link.close()
        for session in list(self._sessions):
            await session.release()

    def lock(self, link: ServiceBusReceiver, message: ServiceBusReceivedMessage) -> Received:
        self._locked[str(message.lock_token)] = Locked(link, message)
        return received_of(message)

    def forget(self, session: "ServiceBusSession", undelivered: Received | None) -> None:
        self._sessions.discard(session)
        if undelivered:  # it is free with the session
            self._locked.pop(undelivered.lock_token, None)

    def _open(self, entity: str, **options: Any) -> ServiceBusReceiver:
        topic, _, name = entity.partition("/subscriptions/")
        options["keep_alive"] = 0  # without it, closing takes half a second
        if name:
            return self._client.get_subscription_receiver(topic, name, **options)
        return self._client.get_queue_receiver(entity, **options)


class ServiceBusSession:
    """A session, with the link that holds it."""

    def __init__(self, source: ServiceBusSource, link: ServiceBusReceiver, first: Received) -> None:
        self._source, self._link = source, link
        self._first: Received | None = first

    async def next(self, wait: float) -> Received | None:
        if first := self._first:
            self._first = None
            return first
        messages = await _messages(self._link, 1, wait)
        return self._source.lock(self._link, messages[0]) if messages else None

    async def release(self) -> None:
        self._source.forget(self, self._first)
        await self._link.close()


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
