"""Read, decide, write: the one way an existing customer is changed."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shared.context import Context
from shared.core.errors import Stale
from shared.core.evolve import evolve
from shared.customers.directory.entries import after, index_or_leave
from shared.customers.documents import customer_document, load
from shared.customers.domain.customers import Customer
from shared.customers.domain.events import FieldChange
from shared.customers.domain.pending_rules import EDITS, check_edit
from shared.customers.event_documents import telling
from shared.customers.timeline_entries import consents_of_edit
from shared.ports.documents import Operation, Replace
from shared.sync.operations import meanwhile

T = TypeVar("T")
ANY = "*"
MOST_TRIES = 12
PAUSE = 0.005  # seconds, times a random part of the number of tries


@dataclass(frozen=True, slots=True)
class Decision:
    """The customer as it shall be, and what else the same commit writes in its partition.

    `parts` tell what those operations change, for the event. `consents` write the decisions about
    contact points, where more is known of them than the edit says.
    """

    customer: Customer
    operations: Sequence[Operation] = ()
    parts: Sequence[FieldChange] = ()
    consents: Sequence[Operation] = ()


Decide = Callable[[Customer], Awaitable[Decision]]
Edit = Callable[[Customer], Awaitable[Customer]]


def only(decide: Edit) -> Decide:
    """Make a decision of what changes the customer alone."""

    async def decided(customer: Customer) -> Decision:
        return Decision(await decide(customer))

    return decided


def check_version(etag: str, if_match: str) -> None:
    if if_match not in {ANY, etag}:
        raise Stale("It was changed since you read it; read it again.")


async def change(
    key: str, decide: Decide, *, if_match: str, context: Context, feature: str | None = EDITS
) -> Customer:
    """Decide on the newest version and write over exactly that one; then index it.

    A caller to whom any version is right (`*`) does not see that another came first: we read
    again and decide anew. A pending customer is changed only with the `feature` on, if one is
    named. Raises CustomerNotFound, Stale, PendingEditNotAllowed, and what `decide` raises.
    """

    async def attempt() -> Customer:
        read = await load(context.documents, context.legal_entity, key)
        check_version(read.etag, if_match)
        if feature and read.sync_status == "PendingSync":
            features = await context.configuration.features(context.legal_entity)
            check_edit(read.sync_status, features, feature)
        decision = await decide(read)
        if decision.customer == read and not decision.operations:
            return read
        return await _write(read, decision, context)

    return await persist(attempt, if_match)


async def persist(attempt: Callable[[], Awaitable[T]], if_match: str | None) -> T:
    """Try until it is not stale, for who takes any version; else once. Raises Stale."""
    for tries in range(MOST_TRIES if if_match == ANY else 1):
        try:
            return await attempt()
        except Stale:
            if if_match != ANY:
                raise
            await asyncio.sleep(random.random() * PAUSE * tries)  # noqa: S311  # jitter
    raise Stale("Others keep changing it; try again.")


async def _write(read: Customer, decision: Decision, context: Context) -> Customer:
    written = evolve(decision.customer, version=read.version + 1)
    told = telling(read, written, decision.parts, context)
    operations = [
        Replace(customer_document(written), read.etag),
        *decision.operations,
        *(decision.consents or consents_of_edit(read, written, context)),
        told,
        *meanwhile(read, written, told, context),
    ]
    etags = await context.documents.commit("customers", context.place(read.id), operations)
    written = evolve(written, etag=etags[0])
    context.configuration.customer_changed(context.legal_entity, written.id)
    await index_or_leave(context.documents, written, after(read))
    return written
