"""The follow-ups of client books: read, added, changed and completed."""

from dataclasses import replace

from shared.clienteling.access import Visitor
from shared.clienteling.memberships import read_membership
from shared.context import Context
from shared.core.errors import AlreadyExists
from shared.core.retry import check_version, until_not_stale, write
from shared.core.versioned import Versioned
from shared.customers.customers import read_active_customer, read_customer, resolve
from shared.follow_ups import documents
from shared.follow_ups.documents import FollowUpPage, FollowUpQuery
from shared.follow_ups.domain.follow_ups import (
    Completion,
    FollowUp,
    FollowUpEdit,
    FollowUpNotFound,
    NewFollowUp,
)
from shared.follow_ups.moves import follow_if_changed
from shared.timeline.activities import add_activity, check_new_activity, has_activity
from shared.timeline.domain.activities import NewActivity


async def read_follow_up(
    personnel_number: str, follow_up_id: str, *, context: Context
) -> Versioned[FollowUp]:
    """Return it. Raises FollowUpNotFound, also where it has moved on with the client."""
    stored = await documents.find_follow_up(personnel_number, follow_up_id, context)
    if stored is None or stored.value.status == "Moved":
        raise FollowUpNotFound(f"There is no follow-up {follow_up_id} in this book.")
    return stored


async def list_follow_ups(
    personnel_number: str,
    query: FollowUpQuery,
    *,
    limit: int,
    continuation: str | None,
    context: Context,
) -> FollowUpPage:
    """Return the follow-ups of a book, oldest due first. One query."""
    return await documents.query_follow_ups(
        personnel_number, query, limit=limit, continuation=continuation, context=context
    )


async def add_follow_up(
    personnel_number: str, new: NewFollowUp, *, context: Context
) -> Versioned[FollowUp]:
    """Add a follow-up to the book; the same request twice adds one.

    Raises CustomerNotFound, ClientNotInBook, CustomerRestricted.
    """
    key = await resolve(new.customer_id, context=context)
    membership = await read_membership(key, context)
    membership.must_be_of(personnel_number)
    customer = (await read_customer(key, context=context)).value
    customer.check_open()
    follow_up = FollowUp(
        id=context.new_id(),
        customer_id=key,
        customer_name=customer.name,
        personnel_number=personnel_number,
        subject=new.subject,
        due_on=new.due_on,
        created_at=context.now,
        created_by=context.actor,
        membership_version=membership.version,
    )
    try:
        created = await documents.create_follow_up(follow_up, context)
    except AlreadyExists:
        return await read_follow_up(personnel_number, follow_up.id, context=context)
    await follow_if_changed(key, membership.version, context=context)
    return created


async def edit_follow_up(
    personnel_number: str, follow_up_id: str, edit: FollowUpEdit, *, if_match: str, context: Context
) -> Versioned[FollowUp]:
    """Apply the merge patch.

    Raises FollowUpNotFound, FollowUpCompleted, Invalid, Stale, and ClientNotInBook where a
    canceled one is to be opened again and the client has left the book.
    """

    async def attempt() -> Versioned[FollowUp]:
        stored = await read_follow_up(personnel_number, follow_up_id, context=context)
        check_version(stored.etag, if_match)
        edited = stored.map(lambda follow_up: follow_up.edited(edit))
        if edited.value.status == "Open" != stored.value.status:
            return await _reopen(edited, context)
        return await documents.replace_follow_up(edited.value, edited.etag, context)

    return await write(attempt, if_match=if_match, turn=context.turn("follow-up", follow_up_id))


async def _reopen(edited: Versioned[FollowUp], context: Context) -> Versioned[FollowUp]:
    follow_up = edited.value
    membership = await read_membership(follow_up.customer_id, context)
    membership.must_be_of(follow_up.personnel_number)
    reopened = follow_up.received_by(follow_up.personnel_number, membership.version)
    written = await documents.replace_follow_up(reopened, edited.etag, context)
    await follow_if_changed(follow_up.customer_id, membership.version, context=context)
    return written


async def complete_follow_up(
    personnel_number: str,
    follow_up_id: str,
    completion: Completion,
    *,
    visitor: Visitor,
    context: Context,
) -> Versioned[FollowUp]:
    """Complete it, and add the activity that it ended in; the same outcome again changes nothing.

    Raises FollowUpNotFound, FollowUpCompleted, FollowUpCanceled, CustomerInactive, Invalid.
    """

    async def attempt() -> Versioned[FollowUp]:
        stored = await read_follow_up(personnel_number, follow_up_id, context=context)
        completed = stored.value.completed(
            completion, visitor.personnel_number, context.actor, context.now
        )
        if completed == stored.value:
            return stored
        await _check_activity(completed, context)
        return await documents.replace_follow_up(completed, stored.etag, context)

    written = await until_not_stale(attempt, turn=context.turn("follow-up", follow_up_id))
    # The activity is in another partition, so it comes after the completion: a caller whose
    # request was cut short in between completes it again with the same outcome.
    await _add_activity(written.value, visitor.store_number, context)
    return written


async def _add_activity(completed: FollowUp, store: str | None, context: Context) -> None:
    """Add the activity that the follow-up ended in, if it names a type; idempotent."""
    if completed.activity_type is None:
        return
    fingerprint = f"follow-up:{completed.personnel_number}:{completed.id}"
    named = replace(context, fingerprint=fingerprint)
    # Also where the customer is no longer active, which add_activity would refuse.
    if await has_activity(completed.customer_id, named.new_id(), context=named):
        return
    new = NewActivity(
        activity_type=completed.activity_type,
        occurred_at=completed.completed_at,
        summary=completed.subject,
        details=completed.outcome_detail,
        attributes={"followUpId": completed.id, "outcome": completed.outcome or ""},
    )
    await add_activity(
        completed.customer_id, new, associate=completed.done_by, store=store, context=named
    )


async def _check_activity(completed: FollowUp, context: Context) -> None:
    """Refuse an activity that could not be added, before the follow-up is completed."""
    if completed.activity_type is None:
        return
    await check_new_activity(completed.activity_type, context.now, context)
    await read_active_customer(completed.customer_id, context=context)
