"""The dead letters of Azure Service Bus: looked at, sent again, removed."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from azure.servicebus import ServiceBusReceivedMessage, ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver

from shared.ports.bus import DeadLetter, Outgoing

BATCH = 50
WAIT = 5.0  # seconds; a shorter one raises when a link is opened again meanwhile

First = Callable[[DeadLetter], Awaitable[None]]


async def peek(
    client: ServiceBusClient, entity: str, *, after: int, limit: int
) -> list[DeadLetter]:
    async with _receiver(client, entity) as receiver:
        found = await receiver.peek_messages(limit, sequence_number=after + 1)
    return [_dead_letter(entity, one) for one in found]


async def take(client: ServiceBusClient, entity: str, sequence: int, first: First) -> bool:
    """Do something with one of them, then remove it. A dead letter cannot be received by number,
    so those before it are locked on the way, and given back.
    """
    if not [one for one in await peek(client, entity, after=sequence - 1, limit=1)
            if one.sequence == sequence]:  # fmt: skip
        return False
    others: list[ServiceBusReceivedMessage] = []
    async with _receiver(client, entity) as receiver:
        try:
            while batch := await receiver.receive_messages(BATCH, max_wait_time=WAIT):
                wanted = [one for one in batch if one.sequence_number == sequence]
                others += [one for one in batch if one.sequence_number != sequence]
                if wanted:
                    await first(_dead_letter(entity, wanted[0]))
                    await receiver.complete_message(wanted[0])
                    return True
        finally:
            for one in others:
                await receiver.abandon_message(one)
    return False


def again(send: Callable[[Outgoing], Awaitable[None]], body: bytes | None) -> First:
    """Return what sends a dead letter with another id, which no window for duplicates knows."""

    async def first(letter: DeadLetter) -> None:
        old = letter.message
        await send(
            Outgoing(
                f"{old.id}~{letter.sequence}",
                old.body if body is None else body,
                old.session,
                old.content_type,
                old.properties,
            )
        )

    return first


async def nothing(_: DeadLetter) -> None:
    """Do nothing before it is removed."""


def _receiver(client: ServiceBusClient, entity: str) -> ServiceBusReceiver:
    topic, _, name = entity.partition("/subscriptions/")
    how: dict[str, Any] = {"sub_queue": ServiceBusSubQueue.DEAD_LETTER, "keep_alive": 0}
    if name:
        return client.get_subscription_receiver(topic, name, **how)
    return client.get_queue_receiver(entity, **how)


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
