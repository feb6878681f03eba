"""What can be asked of activities."""

from collections.abc import Sequence
from datetime import UTC

from shared.clienteling.domain.client_books import Membership
from shared.clienteling.memberships import change_membership
from shared.configuration.domain import collections as col
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.formatting import translated
from shared.core.values import as_text
from shared.customers.timeline_entries import entry_id
from shared.ports.documents import Document, Equal, Order, Put, Range
from shared.timeline.documents import ACTIVITY, activity_document
from shared.timeline.domain.activities import (
    Activity,
    ActivityNotFound,
    NewActivity,
    check_activity,
)


async def add_activity(
    key: str, new: NewActivity, *, associate: str | None, store: str | None, context: Context
) -> Activity:
    """Note it, and when the customer was last active. The same request twice notes it once.

    Raises CustomerNotFound, CustomerInactive, Invalid.
    """
    kind = await context.configuration.require(
        context.legal_entity, col.ACTIVITY_TYPES, new.activity_type, "/activityType"
    )
    occurred_at = (new.occurred_at or context.now).astimezone(UTC)
    check_activity(kind, occurred_at, context.now)
    activity_id = context.new_id()
    if context.fingerprint and (known := await _find(key, activity_id, context)):
        return activity_of(known)
    activity = Activity(
        id=activity_id,
        **new.model_dump(exclude={"occurred_at"}),
        occurred_at=occurred_at,
        associate=associate,
        store_number=store,
        created_at=context.now,
        created_by=context.actor,
    )

    def decide(membership: Membership) -> Membership:
        # What is planned is no activity yet.
        return membership.active_at(occurred_at) if occurred_at <= context.now else membership

    # Its id follows from the request: written twice at once, it says the same.
    body = activity_document(activity)
    await change_membership(key, decide, context=context, active_only=True, beside=[Put(body)])
    return await read_activity(key, activity_id, context=context)


async def read_activity(key: str, activity_id: str, *, context: Context) -> Activity:
    document = await _find(key, activity_id, context)
    if document is None:
        raise ActivityNotFound(f"There is no activity {activity_id}.")
    return activity_of(document)


async def newest_activity(key: str, *, context: Context) -> Activity | None:
    """Return what was done last; what is planned is not yet. One query."""
    continuation: str | None = None
    while True:
        page = await context.documents.query(
            "customers",
            context.partition(key),
            Equal("type", ACTIVITY),
            Range("at", end=as_text(context.now)),
            order=Order(("type", "at"), descending=True),
            limit=1,
            continuation=continuation,
        )
        continuation = page.continuation
        if page.documents or continuation is None:
            return next((activity_of(one) for one in page.documents), None)


async def in_words(
    activities: Sequence[Activity], tags: Sequence[str], context: Context
) -> list[Activity]:
    """Return them with the label and the icon of their types, as they are called today."""
    worded = []
    for one in activities:
        kind = await context.configuration.find(
            context.legal_entity, col.ACTIVITY_TYPES, one.activity_type
        )
        label = (translated(kind.translations, tags) or kind.label) if kind else None
        worded.append(evolve(one, label=label, icon=kind.icon if kind else None))
    return worded


def activity_of(document: Document) -> Activity:
    activity = Activity.model_validate(document.body | {"id": document.body["activityId"]})
    return evolve(activity, etag=document.etag)


async def _find(key: str, activity_id: str, context: Context) -> Document | None:
    return await context.documents.read(
        "customers", context.partition(key), entry_id(ACTIVITY, activity_id)
    )
