"""What an administrator can do about messages that were given up: see why, send again, drop."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from shared.core.errors import NotFound
from shared.core.values import Record
from shared.platform.topology import messaging, subscription
from shared.ports.bus import Bus, DeadLetter
from shared.ports.documents import Documents
from shared.sync.failure_notes import Failure, failure_of

LOOKED_AT = 100  # dead letters at a time
MOST_LOOKS = 20

Place = tuple[int, int]  # which queue or subscription, and after which number
Belongs = Callable[[DeadLetter], bool]


class DeadLetterNotFound(NotFound):
    code = "dead-letter-not-found"


class DeadLetterView(Record):
    """A message that was given up, `reason` the bus's word for it, `failure` why, if it was noted.

    `body` is the JSON that was sent, or text where it is none.
    """

    id: str
    entity: str
    message_id: str
    session_id: str | None
    enqueued_at: datetime
    reason: str
    failure: Failure | None
    properties: dict[str, str]
    body: Any


def of_company(legal_entity: str) -> Belongs:
    return lambda letter: letter.message.properties.get("legalEntity") == legal_entity


def of_anyone(_: DeadLetter) -> bool:
    return True


async def list_dead_letters(
    belongs: Belongs, *, limit: int, after: Place | None, bus: Bus, documents: Documents
) -> tuple[list[DeadLetterView], Place | None]:
    """Return the next dead letters of all queues and subscriptions, oldest first in each.

    A page may be short, even empty, and still have a next one.
    """
    entities = sorted(messaging().entities())
    index, sequence = after or (0, 0)
    found: list[DeadLetter] = []
    for _ in range(MOST_LOOKS):
        if index == len(entities):
            break
        letters = await bus.dead_letters(entities[index], after=sequence, limit=LOOKED_AT)
        for letter in letters:
            sequence = letter.sequence
            found += [letter] if belongs(letter) else []
            if len(found) == limit:
                return await _views(found, documents), (index, sequence)
        if len(letters) < LOOKED_AT:
            index, sequence = index + 1, 0
    more = (index, sequence) if index < len(entities) else None
    return await _views(found, documents), more


async def count_dead_letters(bus: Bus) -> dict[str, int]:
    """Return how many there are in each queue and subscription, up to a hundred."""
    return {
        entity: len(await bus.dead_letters(entity, after=0, limit=LOOKED_AT))
        for entity in sorted(messaging().entities())
    }


async def read_dead_letter(
    letter_id: str, belongs: Belongs, *, bus: Bus, documents: Documents
) -> DeadLetterView:
    """Raises DeadLetterNotFound."""
    letter = await _find(letter_id, belongs, bus)
    [view] = await _views([letter], documents)
    return view


async def replay_dead_letter(
    letter_id: str, belongs: Belongs, *, body: bytes | None = None, bus: Bus
) -> None:
    """Send it again, with another body if one is given. Raises DeadLetterNotFound."""
    letter = await _find(letter_id, belongs, bus)
    if not await bus.replay(letter.entity, letter.sequence, body):
        raise DeadLetterNotFound(f"There is no dead letter {letter_id} any more.")


async def drop_dead_letter(letter_id: str, belongs: Belongs, *, bus: Bus) -> None:
    """Remove it for good. Raises DeadLetterNotFound."""
    letter = await _find(letter_id, belongs, bus)
    if not await bus.drop(letter.entity, letter.sequence):
        raise DeadLetterNotFound(f"There is no dead letter {letter_id} any more.")


async def _find(letter_id: str, belongs: Belongs, bus: Bus) -> DeadLetter:
    name, _, number = letter_id.rpartition("~")
    topic, _, own = name.partition(":")
    entity = subscription(topic, own) if own else name
    if entity in messaging().entities() and number.isascii() and number.isdigit():
        sequence = int(number)
        for letter in await bus.dead_letters(entity, after=sequence - 1, limit=1):
            if letter.sequence == sequence and belongs(letter):
                return letter
    raise DeadLetterNotFound(f"There is no dead letter {letter_id}.")


async def _views(letters: Sequence[DeadLetter], documents: Documents) -> list[DeadLetterView]:
    failures = await asyncio.gather(*(failure_of(one.message.id, documents) for one in letters))
    return [
        DeadLetterView(
            id=f"{one.entity.replace('/subscriptions/', ':')}~{one.sequence}",
            entity=one.entity,
            message_id=one.message.id,
            session_id=one.message.session,
            enqueued_at=one.enqueued_at,
            reason=one.reason,
            failure=failure,
            properties=dict(one.message.properties),
            body=_shown(one.message.body),
        )
        for one, failure in zip(letters, failures, strict=True)
    ]


def _shown(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError:
        return body.decode(errors="replace")
