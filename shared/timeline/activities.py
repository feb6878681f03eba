"""The activities with a customer: read and added."""

from collections.abc import Sequence
from datetime import UTC, datetime

from shared.clienteling.domain.client_books import Membership
from shared.clienteling.memberships import change_membership
from shared.configuration.domain import collections as col
from shared.configuration.uses.noting import Named, note_uses
from shared.context import Context
from shared.core.language.formatting import translated
from shared.core.values import as_text
from shared.core.versioned import Versioned
from shared.timeline import documents
from shared.timeline.domain.activities import Activity, ActivityView, NewActivity, check_activity


async def add_activity(
    key: str, new: NewActivity, *, associate: str | None, store: str | None, context: Context
) -> Versioned[Activity]:
    """Add it, and note when the customer was last active; the same request twice adds one.

    Raises CustomerNotFound, CustomerInactive, Invalid.
    """
    occurred_at = (new.occurred_at or context.now).astimezone(UTC)
    await check_new_activity(new.activity_type, occurred_at, context)
    activity_id = context.new_id()
    if context.fingerprint and (
        existing := await documents.find_activity(key, activity_id, context)
    ):
        return existing
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

    await note_uses(key, [Named(_use(new.activity_type), "/activityType")], context)
    # The id follows from the request: two writers at once write the same.
    beside = [documents.put_activity(activity)]
    await change_membership(key, decide, context=context, active_only=True, beside=beside)
    return await read_activity(key, activity_id, context=context)


async def read_activity(key: str, activity_id: str, *, context: Context) -> Versioned[Activity]:
    """Return the activity. Raises ActivityNotFound. One point read."""
    return await documents.load_activity(key, activity_id, context)


async def has_activity(key: str, activity_id: str, *, context: Context) -> bool:
    return await documents.find_activity(key, activity_id, context) is not None


async def check_new_activity(activity_type: str, occurred_at: datetime, context: Context) -> None:
    """Raise Invalid for what cannot be added: an unknown or retired type, a moment too far off."""
    kind = await context.configuration.require(
        context.legal_entity, col.ACTIVITY_TYPES, activity_type, "/activityType"
    )
    check_activity(kind, occurred_at, context.now)


async def activity_names(key: str, name: str, context: Context) -> bool:
    """Return whether an activity with the customer has the type. One query."""
    return await documents.has_activity_of(key, name, context)


def _use(activity_type: str) -> col.Use:
    return col.Use(col.ACTIVITY_TYPES.name, activity_type)


async def newest_activity(key: str, *, context: Context) -> Activity | None:
    """Return the latest activity; what is planned is none yet. One query."""
    return await documents.newest_activity(key, as_text(context.now), context)


async def localized(activity: Activity, tags: Sequence[str], context: Context) -> ActivityView:
    """Return it with the label and the icon that its type has today, in the reader's language."""
    kind = await context.configuration.find(
        context.legal_entity, col.ACTIVITY_TYPES, activity.activity_type
    )
    label = (translated(kind.translations, tags) or kind.label) if kind else None
    return ActivityView(**activity.model_dump(), label=label, icon=kind.icon if kind else None)
