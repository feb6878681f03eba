"""The dead letters of Azure Service Bus: list, replay, remove."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from azure.servicebus import ServiceBusReceivedMessage, ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver

from shared.ports.bus import DeadLetter, Outgoing

BATCH_SIZE = 50
WAIT_SECONDS = 5.0  # shorter waits raise if a link is reopened meanwhile

Action = Callable[[DeadLetter], Awaitable[None]]


async def peek(
    client: ServiceBusClient, entity: str, *, after: int, limit: int
) -> list[DeadLetter]:
    async with _receiver(client, entity) as receiver:
        messages = await receiver.peek_messages(limit, sequence_number=after + 1)
    return [_dead_letter(entity, message) for message in messages]


async def take(client: ServiceBusClient, entity: str, sequence: int, action: Action) -> bool:
    """Run the action with a dead letter, then remove it. Return whether it existed.

    Service Bus cannot receive a dead letter by its number, so those before it are locked on the
    way, and abandoned at the end.
    """
    peeked = await peek(client, entity, after=sequence - 1, limit=1)
    if not any(dead_letter.sequence == sequence for dead_letter in peeked):
        return False
    passed: list[ServiceBusReceivedMessage] = []
    async with _receiver(client, entity) as receiver:
        try:
            while messages := await receiver.receive_messages(
                BATCH_SIZE, max_wait_time=WAIT_SECONDS
            ):
                matching = [message for message in messages if message.sequence_number == sequence]
                passed += [message for message in messages if message.sequence_number != sequence]
                if matching:
                    await action(_dead_letter(entity, matching[0]))
                    await receiver.complete_message(matching[0])
                    return True
        finally:
            for message in passed:
                await receiver.abandon_message(message)
    return False


def resend(send: Callable[[Outgoing], Awaitable[None]], body: bytes | None) -> Action:
    """Return the action that sends a dead letter with a new id, outside the duplicate window."""

    async def send_again(dead_letter: DeadLetter) -> None:
        message = dead_letter.message
        await send(
            Outgoing(
                f"{message.id}~{dead_letter.sequence}",
                message.body if body is None else body,
                message.session,
                message.content_type,
                message.properties,
            )
        )

    return send_again


async def do_nothing(_: DeadLetter) -> None:
    """Only remove the dead letter."""


def _receiver(client: ServiceBusClient, entity: str) -> ServiceBusReceiver:
    topic, _, name = entity.partition("/subscriptions/")
    options: dict[str, Any] = {"sub_queue": ServiceBusSubQueue.DEAD_LETTER, "keep_alive": 0}
    if name:
        return client.get_subscription_receiver(topic, name, **options)
    return client.get_queue_receiver(entity, **options)


def _dead_letter(entity: str, message: ServiceBusReceivedMessage) -> DeadLetter:
    own: Any = message.application_properties or {}
    properties = {_text(name): _text(value) for name, value in own.items()}
    reason = properties.pop("DeadLetterReason", None) or message.dead_letter_reason
    properties.pop("DeadLetterErrorDescription", None)
    return DeadLetter(
        entity,
        message.sequence_number or 0,
        Outgoing(
            str(message.message_id),
            b"".join(message.body),
            message.session_id,
            message.content_type or "",
            properties,
        ),
        reason=reason or "",
        enqueued_at=message.enqueued_time_utc or datetime.fromtimestamp(0, UTC),
    )


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
