"""What can be asked of activities."""

from collections.abc import Sequence
from datetime import UTC

from shared.domain import collections as col
from shared.domain.activities import Activity, ActivityNotFound, NewActivity, check_activity
from shared.domain.client_books import Membership
from shared.domain.formatting import translated
from shared.domain.values import as_text
from shared.ports import Create, Document, Equal, Order, Range
from shared.usecases.errand import Errand
from shared.usecases.memberships import change_membership
from shared.usecases.timeline import ACTIVITY, document_id, entry


async def add_activity(
    key: str, new: NewActivity, *, associate: str | None, store: str | None, errand: Errand
) -> Activity:
    """Note it, and when the customer was last active. The same request twice notes it once.

    Raises CustomerNotFound, CustomerInactive, Invalid.
    """
    kind = await errand.configuration.require(
        errand.legal_entity, col.ACTIVITY_TYPES, new.activity_type, "/activityType"
    )
    occurred_at = (new.occurred_at or errand.now).astimezone(UTC)
    check_activity(kind, occurred_at, errand.now)
    activity_id = errand.new_id()
    if errand.fingerprint and (known := await _find(key, activity_id, errand)):
        return activity_of(known)
    activity = Activity(
        id=activity_id,
        **new.model_dump(exclude={"occurred_at"}),
        occurred_at=occurred_at,
        associate=associate,
        store_number=store,
        created_at=errand.now,
        created_by=errand.actor,
    )

    def decide(membership: Membership) -> Membership:
        # What is planned is no activity yet.
        return membership.active_at(occurred_at) if occurred_at <= errand.now else membership

    body = activity_document(activity)
    await change_membership(key, decide, errand=errand, active_only=True, beside=[Create(body)])
    return await read_activity(key, activity_id, errand=errand)


async def read_activity(key: str, activity_id: str, *, errand: Errand) -> Activity:
    document = await _find(key, activity_id, errand)
    if document is None:
        raise ActivityNotFound(f"There is no activity {activity_id}.")
    return activity_of(document)


async def newest_activity(key: str, *, errand: Errand) -> Activity | None:
    """Return what was done last; what is planned is not yet. One query."""
    continuation: str | None = None
    while True:
        page = await errand.documents.query(
            "customers",
            errand.place(key),
            Equal("type", ACTIVITY),
            Range("at", end=as_text(errand.now)),
            order=Order(("type", "at"), descending=True),
            limit=1,
            continuation=continuation,
        )
        continuation = page.continuation
        if page.documents or continuation is None:
            return next((activity_of(one) for one in page.documents), None)


async def in_words(
    activities: Sequence[Activity], tags: Sequence[str], errand: Errand
) -> list[Activity]:
    """Return them with the label and the icon of their types, as they are called today."""
    worded = []
    for one in activities:
        kind = await errand.configuration.find(
            errand.legal_entity, col.ACTIVITY_TYPES, one.activity_type
        )
        label = (translated(kind.translations, tags) or kind.label) if kind else None
        words = {"label": label, "icon": kind.icon if kind else None}
        worded.append(one.model_copy(update=words))
    return worded


def activity_document(activity: Activity) -> dict[str, object]:
    body = entry(ACTIVITY, activity.id, as_text(activity.occurred_at), activity)
    return body | {"activityId": activity.id}


def activity_of(document: Document) -> Activity:
    activity = Activity.model_validate(document.body | {"id": document.body["activityId"]})
    return activity.model_copy(update={"etag": document.etag})


async def _find(key: str, activity_id: str, errand: Errand) -> Document | None:
    return await errand.documents.read(
        "customers", errand.place(key), document_id(ACTIVITY, activity_id)
    )
