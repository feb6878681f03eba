"""What can be asked of follow-ups."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date

from shared.clienteling.card_projection import BOOKS
from shared.clienteling.memberships import read_membership
from shared.configuration.domain import collections as col
from shared.context import Context
from shared.core.errors import AlreadyExists, Stale
from shared.core.retry import check_version, until_not_stale, write
from shared.customers.customers import read_active_customer, read_customer
from shared.follow_ups.documents import (
    FOLLOW_UP,
    create_follow_up,
    follow_up_of,
    read_follow_up,
    replace_follow_up,
)
from shared.follow_ups.domain.follow_ups import (
    STATUSES,
    Completion,
    Due,
    FollowUp,
    FollowUpEdit,
    NewFollowUp,
    Wanted,
    days_of,
)
from shared.follow_ups.moves import follow_if_changed
from shared.ports.documents import Condition, Equal, In, Order, Range
from shared.timeline.activities import add_activity, read_activity
from shared.timeline.domain.activities import ActivityNotFound, NewActivity, check_activity

OLDEST_DUE_FIRST = Order(("type", "sort.due"))


@dataclass(frozen=True, slots=True)
class Asked:
    """Which follow-ups of a book are asked for; `today` is that of the reader's store."""

    due: Due
    status: Wanted
    today: date

    def conditions(self) -> list[Condition]:
        statuses = STATUSES[self.status]
        single = len(statuses) == 1
        found: list[Condition] = [
            Equal("type", FOLLOW_UP),
            Equal("status", statuses[0]) if single else In("status", statuses),
        ]
        first, last = days_of(self.due, self.today)
        if first or last:
            found.append(Range("sort.due", start=first, end=last))
        return found


async def list_follow_ups(
    personnel_number: str, asked: Asked, *, limit: int, continuation: str | None, context: Context
) -> tuple[list[FollowUp], str | None]:
    """Return what is asked for, oldest due first. One query."""
    page = await context.documents.query(
        BOOKS,
        context.partition(personnel_number),
        *asked.conditions(),
        order=OLDEST_DUE_FIRST,
        limit=limit,
        continuation=continuation,
    )
    return [follow_up_of(one) for one in page.documents], page.continuation


async def add_follow_up(
    personnel_number: str, key: str, new: NewFollowUp, *, context: Context
) -> FollowUp:
    """Keep it in the book; the same request twice keeps one.

    Raises CustomerNotFound, ClientNotInBook.
    """
    membership, _ = await read_membership(key, context)
    membership.must_be_of(personnel_number)
    customer = (await read_customer(key, context=context)).value
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
        kept = await create_follow_up(follow_up, context)
    except AlreadyExists:
        return await read_follow_up(personnel_number, follow_up.id, context=context)
    await follow_if_changed(key, membership.version, context=context)
    return kept


async def edit_follow_up(
    personnel_number: str, follow_up_id: str, edit: FollowUpEdit, *, if_match: str, context: Context
) -> FollowUp:
    """Apply the merge patch.

    Raises FollowUpNotFound, FollowUpCompleted, Invalid, Stale, and ClientNotInBook for one that
    shall be open again when the client has left.
    """

    async def attempt() -> FollowUp:
        read = await read_follow_up(personnel_number, follow_up_id, context=context)
        check_version(read.etag, if_match)
        edited = read.edited(edit)
        if edited.status == "Open" != read.status:
            return await _reopen(edited, context)
        return await replace_follow_up(edited, read.etag, context)

    return await write(attempt, if_match=if_match, turn=_turn(follow_up_id, context))


async def _reopen(edited: FollowUp, context: Context) -> FollowUp:
    membership, _ = await read_membership(edited.customer_id, context)
    membership.must_be_of(edited.personnel_number)
    reopened = edited.received_by(edited.personnel_number, membership.version)
    kept = await replace_follow_up(reopened, edited.etag, context)
    await follow_if_changed(edited.customer_id, membership.version, context=context)
    return kept


async def complete_follow_up(
    personnel_number: str,
    follow_up_id: str,
    how: Completion,
    *,
    done_by: str | None,
    context: Context,
) -> FollowUp:
    """Say what came of it; the same outcome twice is said once.

    Raises FollowUpNotFound, FollowUpCompleted, FollowUpCanceled, CustomerInactive, Invalid.
    """

    async def attempt() -> FollowUp:
        read = await read_follow_up(personnel_number, follow_up_id, context=context)
        done = read.completed(how, done_by, context.actor, context.now)
        if done == read:
            return read
        await _check_activity(done, context)
        return await replace_follow_up(done, read.etag, context)

    return await until_not_stale(attempt, turn=_turn(follow_up_id, context))


def _turn(follow_up_id: str, context: Context) -> Hashable:
    return (FOLLOW_UP, context.legal_entity, follow_up_id)


async def note_completion(done: FollowUp, *, store: str | None, context: Context) -> None:
    """Note the activity that a follow-up ended in, if it names a type; twice is once.

    It is another partition's, so it comes after the completion; who dies in between completes it
    again with the same outcome.
    """
    if done.activity_type is None:
        return
    own = f"{FOLLOW_UP}:{done.personnel_number}:{done.id}"
    named = replace(context, fingerprint=own)
    if await _is_noted(done, named):
        return
    new = NewActivity(
        activity_type=done.activity_type,
        occurred_at=done.completed_at,
        summary=done.subject,
        details=done.outcome_detail,
        attributes={"followUpId": done.id, "outcome": done.outcome or ""},
    )
    try:
        await add_activity(
            done.customer_id, new, associate=done.done_by, store=store, context=named
        )
    except Stale:
        if not await _is_noted(done, named):
            raise


async def _is_noted(done: FollowUp, named: Context) -> bool:
    try:
        await read_activity(done.customer_id, named.new_id(), context=named)
    except ActivityNotFound:
        return False
    return True


async def _check_activity(done: FollowUp, context: Context) -> None:
    """Refuse what could not be noted before it is completed."""
    if done.activity_type is None:
        return
    kind = await context.configuration.require(
        context.legal_entity, col.ACTIVITY_TYPES, done.activity_type, "/activityType"
    )
    check_activity(kind, context.now, context.now)
    await read_active_customer(done.customer_id, context=context)
