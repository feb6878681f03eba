"""The one way a customer is written: document, participants and event, in one commit."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from shared.context import Context
from shared.core.errors import Stale, Unavailable
from shared.core.versioned import Versioned
from shared.customers import documents
from shared.customers.directory.entries import UNLISTED, listed_after, try_index
from shared.customers.domain.customers import Customer
from shared.customers.domain.directory import stamp, with_state
from shared.customers.domain.events import CustomerChange, event_of, type_of
from shared.customers.participants import Change, Participant
from shared.ports.documents import (
    MAX_OPERATIONS,
    CommitTooLarge,
    Create,
    Operation,
    Remove,
    Replace,
)

log = logging.getLogger(__name__)
CUSTOMER = "the customer and its event"


@dataclass(frozen=True, slots=True)
class Share:
    """The operations that one participant adds to a commit."""

    participant: str
    operations: Sequence[Operation]


async def commit(change: Change, context: Context) -> Versioned[Customer]:
    """Write this version of the customer with everything that takes part, and index it.

    An edit that search does not show leaves the directory as it is.

    Raises Stale, AlreadyExists, CommitTooLarge, Unavailable, and what participants refuse.
    """
    participants: Sequence[Participant] = context.participants
    shares: list[Share] = []
    facts: dict[str, Any] = {}
    notes: dict[str, Any] = {}
    for participant in participants:
        joined = await participant.join(change, context)
        change = change.amended(joined.customer)
        shares.append(Share(participant.name, joined.operations))
        facts |= joined.facts
        if joined.notes:
            notes[participant.name] = joined.notes
    before = change.before.value if change.before else None
    change = change.amended(with_state(change.after, before))
    own = Share(CUSTOMER, [_write(change), *change.operations])
    event = Share(CUSTOMER, [_event(change, facts, notes, context)])
    customer = await _commit(change.after, [own, *shares, event], context)
    context.configuration.customer_changed(context.legal_entity, change.after.id)
    if before is None or stamp(before) != stamp(customer.value):
        await try_index(customer, listed_after(before) if before else UNLISTED, context)
    for participant in participants:
        await _act_afterwards(participant, customer, change, context)
    return customer


def _write(change: Change) -> Operation:
    body = documents.customer_document(change.after)
    return Replace(body, change.before.etag) if change.before else Create(body)


def _event(
    change: Change, facts: Mapping[str, Any], notes: Mapping[str, Any], context: Context
) -> Operation:
    after = change.after
    data = CustomerChange(
        legal_entity=after.legal_entity,
        customer_id=after.id,
        account_number=after.account_number,
        version=after.version,
        actor=context.actor,
        changes=change.changes,
    )
    before = change.before.value if change.before else None
    kind = change.kind or type_of(before, after, change.parts)
    event = event_of(kind, data, context.now, context.traceparent)
    return Create(documents.event_document(event, after.version, facts, notes))


async def _commit(
    customer: Customer, shares: Sequence[Share], context: Context
) -> Versioned[Customer]:
    operations = [operation for share in shares for operation in share.operations]
    if len(operations) > MAX_OPERATIONS:
        raise _too_large(shares, {share.participant: len(share.operations) for share in shares})
    try:
        [etag, *_] = await documents.commit(customer.id, operations, context)
    except CommitTooLarge:
        raise _too_large(shares, {share.participant: _size(share) for share in shares}) from None
    return Versioned(customer, etag)


def _too_large(shares: Sequence[Share], weights: Mapping[str, int]) -> CommitTooLarge:
    """Name the participant that adds most."""
    heaviest = max(shares, key=lambda share: weights[share.participant]).participant
    operations = sum(len(share.operations) for share in shares)
    return CommitTooLarge(
        f"The change writes {operations} documents, more than a commit holds; "
        f"most of it is written by {heaviest}.",
        participant=heaviest,
    )


def _size(share: Share) -> int:
    """Return the bytes of what is written, as JSON."""
    return sum(
        len(to_json(operation.body))
        for operation in share.operations
        if not isinstance(operation, Remove)
    )


async def _act_afterwards(
    participant: Participant, customer: Versioned[Customer], change: Change, context: Context
) -> None:
    try:
        await participant.after(customer, change, context)
    except (Unavailable, Stale) as exc:
        context.left_to_feed.add(participant.name)
        log.info("%s is left to the change feed: %s", participant.name, exc.code)
