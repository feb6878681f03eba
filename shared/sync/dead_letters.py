"""What an administrator can do about dead-lettered messages: see why, send again, remove."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import Field
from pydantic_core import from_json

from shared.core.errors import NotFound
from shared.core.values import Record
from shared.platform.topology import messaging, subscription
from shared.ports.bus import Bus, DeadLetter
from shared.ports.documents import Documents
from shared.sync.domain.failures import Failure
from shared.sync.failure_notes import failure_of

PEEK_SIZE = 100
MAX_PEEKS = 20

Filter = Callable[[DeadLetter], bool]


class Position(NamedTuple):
    """After which message of which queue or subscription a page ends."""

    entity: int = 0
    sequence: int = 0


class DeadLetterNotFound(NotFound):
    """There is no such dead-lettered message, or it was replayed or removed already."""

    code = "dead-letter-not-found"


class DeadLetterView(Record):
    """A message that exceeded the maximum number of deliveries."""

    id: Annotated[
        str, Field(description="Id of the dead-lettered message.", examples=["customer-sync~42"])
    ]
    entity: Annotated[
        str, Field(description="Queue or subscription of the message.", examples=["customer-sync"])
    ]
    message_id: Annotated[
        str,
        Field(
            description="Id that the message was sent with.",
            examples=["35ec67f9-2bcf-4f6a-b7af-9a918877dabb:sync:1"],
        ),
    ]
    session_id: Annotated[
        str | None,
        Field(
            description="Session of the message: one of 64 names, or the customer of an event.",
            examples=["17"],
        ),
    ]
    enqueued_at: Annotated[datetime, Field(description="When the message was sent.")]
    reason: Annotated[
        str,
        Field(description="Reason given by the bus.", examples=["MaxDeliveryCountExceeded"]),
    ]
    failure: Annotated[
        Failure | None, Field(description="Error of the last delivery, if it was recorded.")
    ]
    properties: Annotated[
        dict[str, str],
        Field(
            description="Application properties of the message.",
            examples=[{"type": "synchronize-customer", "legalEntity": "USRT"}],
        ),
    ]
    body: Annotated[
        Any,
        Field(
            description="The JSON that was sent, or text if it is not JSON.",
            examples=[{"kind": "synchronize-customer", "legalEntity": "USRT"}],
        ),
    ]


@dataclass(frozen=True, slots=True)
class DeadLetterPage:
    """`next_position` is None on the last page."""

    dead_letters: Sequence[DeadLetterView]
    next_position: Position | None


def of_company(legal_entity: str) -> Filter:
    return lambda dead_letter: dead_letter.message.properties.get("legalEntity") == legal_entity


def of_any_company(_: DeadLetter) -> bool:
    return True


async def list_dead_letters(
    matches: Filter, *, limit: int, after: Position | None, bus: Bus, documents: Documents
) -> DeadLetterPage:
    """Return the next dead letters of all queues and subscriptions, oldest first in each.

    A page may be short, even empty, and still have a next one. Raises BusUnavailable.
    """
    entities = sorted(messaging().entities())
    index, sequence = after or Position()
    matching: list[DeadLetter] = []
    for _ in range(MAX_PEEKS):
        if index == len(entities):
            break
        peeked = await bus.dead_letters(entities[index], after=sequence, limit=PEEK_SIZE)
        for dead_letter in peeked:
            sequence = dead_letter.sequence
            matching += [dead_letter] if matches(dead_letter) else []
            if len(matching) == limit:
                return DeadLetterPage(await _views(matching, documents), Position(index, sequence))
        if len(peeked) < PEEK_SIZE:
            index, sequence = index + 1, 0
    next_position = Position(index, sequence) if index < len(entities) else None
    return DeadLetterPage(await _views(matching, documents), next_position)


async def count_dead_letters(bus: Bus) -> dict[str, int]:
    """Return how many each queue and subscription has, up to a hundred."""
    return {
        entity: len(await bus.dead_letters(entity, after=0, limit=PEEK_SIZE))
        for entity in sorted(messaging().entities())
    }


async def read_dead_letter(
    letter_id: str, matches: Filter, *, bus: Bus, documents: Documents
) -> DeadLetterView:
    """Return the dead letter. Raises DeadLetterNotFound, BusUnavailable."""
    dead_letter = await _find(letter_id, matches, bus)
    [view] = await _views([dead_letter], documents)
    return view


Check = Callable[[str, bytes, bytes], None]


async def replay_dead_letter(
    letter_id: str,
    matches: Filter,
    *,
    body: bytes | None = None,
    check: Check = lambda _, __, ___: None,
    bus: Bus,
) -> None:
    """Send it again, with another body if one is given.

    That one is asked about by `check`, with its queue and the body of before. Raises
    DeadLetterNotFound, BusUnavailable, and what `check` raises.
    """
    dead_letter = await _find(letter_id, matches, bus)
    if body is not None:
        check(dead_letter.entity, body, dead_letter.message.body)
    if not await bus.replay(dead_letter.entity, dead_letter.sequence, body):
        raise DeadLetterNotFound(f"The dead letter {letter_id} was replayed or removed already.")


async def drop_dead_letter(letter_id: str, matches: Filter, *, bus: Bus) -> None:
    """Remove it permanently. Raises DeadLetterNotFound, BusUnavailable."""
    dead_letter = await _find(letter_id, matches, bus)
    if not await bus.drop(dead_letter.entity, dead_letter.sequence):
        raise DeadLetterNotFound(f"The dead letter {letter_id} was replayed or removed already.")


async def _find(letter_id: str, matches: Filter, bus: Bus) -> DeadLetter:
    name, _, number = letter_id.rpartition("~")
    topic, _, subscriber = name.partition(":")
    entity = subscription(topic, subscriber) if subscriber else name
    if entity in messaging().entities() and number.isascii() and number.isdigit():
        sequence = int(number)
        for dead_letter in await bus.dead_letters(entity, after=sequence - 1, limit=1):
            if dead_letter.sequence == sequence and matches(dead_letter):
                return dead_letter
    raise DeadLetterNotFound(f"There is no dead letter {letter_id}.")


async def _views(dead_letters: Sequence[DeadLetter], documents: Documents) -> list[DeadLetterView]:
    failures = await asyncio.gather(
        *(failure_of(dead_letter.message.id, documents) for dead_letter in dead_letters)
    )
    return [
        _view(dead_letter, failure)
        for dead_letter, failure in zip(dead_letters, failures, strict=True)
    ]


def _view(dead_letter: DeadLetter, failure: Failure | None) -> DeadLetterView:
    message = dead_letter.message
    return DeadLetterView(
        id=f"{dead_letter.entity.replace('/subscriptions/', ':')}~{dead_letter.sequence}",
        entity=dead_letter.entity,
        message_id=message.id,
        session_id=message.session,
        enqueued_at=dead_letter.enqueued_at,
        reason=dead_letter.reason,
        failure=failure,
        properties=dict(message.properties),
        body=_readable(message.body),
    )


def _readable(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError:
        return body.decode(errors="replace")
