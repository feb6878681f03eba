"""Messages that carry a decision to other holders, and the list of those that have not arrived."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from shared.consent.spreading import pending
from shared.consent.spreading.pending import PendingSpread
from shared.consent.spreading.propagation import Place, Spread, propagate
from shared.context import Context
from shared.core.retry import late_after
from shared.core.values import Record
from shared.ports.bus import Bus, Outgoing, session_of
from shared.ports.documents import Documents

CONSENT_AGAIN: Final = "consent-again"  # the queue
SUBSCRIPTION: Final = "consent"  # of the topic of events
FOLLOWED: Final = "consent"  # property of the events that are to be followed
MAX_COUNTED: Final = 1_000


class EventData(Record):
    """Of an event what names a version of a customer."""

    legal_entity: str
    customer_id: str
    version: int


class ConsentEvent(Record):
    """An event of a customer that is to be followed, and where to go on, if it was begun."""

    id: str
    type: str
    time: datetime
    data: EventData
    point: int = 0
    after: str | None = None
    attempt: int = 0

    @property
    def place(self) -> Place:
        return Place(self.point, self.after)

    @property
    def pending(self) -> PendingSpread:
        return PendingSpread(
            self.data.legal_entity, self.data.customer_id, self.data.version, self.time
        )


async def spread(event: ConsentEvent, *, bus: Bus, context: Context) -> Spread:
    """Let other holders show what is in force; return how far that has come.

    What is left goes on with another message. Raises Unavailable, BusUnavailable.
    """
    data = event.data
    done = await propagate(data.customer_id, data.version, event.place, context=context)
    if done.rest:
        rest = event.model_copy(
            update={
                "point": done.rest.point,
                "after": done.rest.after,
                "attempt": event.attempt + 1,
            }
        )
        await bus.send(CONSENT_AGAIN, [message(rest)])
        return done
    await pending.delist(event.pending, context.documents)
    return done


def is_followed(document: Mapping[str, object]) -> bool:
    """Return whether something follows elsewhere from the event of this document."""
    notes = document.get("notes")
    return isinstance(notes, Mapping) and SUBSCRIPTION in notes


async def enlist(event: Mapping[str, object], documents: Documents) -> None:
    """Note that the event is to be followed, until it was."""
    await pending.put(ConsentEvent.model_validate(event).pending, documents)


async def resend_late(context: Context, *, bus: Bus) -> int:
    """Send again what has been pending for too long; return how many.

    Each is given more time with every request: a queue that is behind does not grow by it.
    """
    late = [one async for one in pending.all_pending(context) if _is_late(one, context.now)]
    for one in late:
        asked = one.asked_again(context.now)
        await pending.put(asked, context.documents)
        await bus.send(CONSENT_AGAIN, [message(_event_of(asked))])
    return len(late)


async def count_pending(context: Context) -> tuple[int, float]:
    """Return how many are pending, up to a thousand, and for how many seconds at most."""
    count, oldest = 0, context.now
    async for one in pending.all_pending(context):
        count, oldest = count + 1, min(oldest, one.at)
        if count >= MAX_COUNTED:
            break
    return count, (context.now - oldest).total_seconds()


def message(event: ConsentEvent) -> Outgoing:
    """Return the message for the queue. Its id is new with each attempt."""
    data = event.data
    return Outgoing(
        id=f"{event.id}:{event.point}:{event.after or ''}:{event.attempt}",
        body=event.model_dump_json(by_alias=True).encode(),
        session=session_of(data.customer_id),
        properties={
            "type": event.type,
            "legalEntity": data.legal_entity,
            "customerId": data.customer_id,
        },
    )


def _is_late(one: PendingSpread, now: datetime) -> bool:
    return (one.asked_at or one.at) + late_after(one.asked + 1) <= now


def _event_of(one: PendingSpread) -> ConsentEvent:
    data = EventData(
        legal_entity=one.legal_entity, customer_id=one.customer_id, version=one.version
    )
    return ConsentEvent(
        id=f"{one.customer_id}:{one.version}",
        type="customer.consented",
        time=one.at,
        data=data,
        attempt=one.asked,
    )
