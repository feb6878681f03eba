"""Open follow-ups go with the client: to the associate who has the client now, or to none."""

from shared.clienteling.domain.client_books import Membership
from shared.clienteling.memberships import read_membership
from shared.context import Context
from shared.core.errors import Stale
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.follow_ups.documents import (
    create_follow_up,
    find_follow_up,
    open_follow_ups,
    replace_follow_up,
)
from shared.follow_ups.domain.follow_ups import FollowUp
from shared.ports.changes import check_reached


async def follow_client(key: str, *, context: Context, told: int = 0) -> None:
    """Leave no open follow-up in a book that the client has left; idempotent.

    Each is first written into the book of the associate who has the client now, under the same id,
    and then marked as moved in the former book. Every write is conditional and has the version of
    the membership that it followed, and the membership is read again until nothing is left to
    move: so the order in which writers come does not matter. `told` is the version of the
    membership that the change feed told of. Raises Unavailable.
    """

    async def attempt() -> None:
        left = 1
        while left:
            membership = await read_membership(key, context)
            check_reached(membership.version, told)
            left = await _clear(membership, context)

    await until_not_stale(attempt)


async def follow_if_changed(key: str, version: int, *, context: Context) -> None:
    """Look again after a follow-up was written for the holder of the client at that version.

    A handover at the same moment may have looked before the follow-up was written.
    """
    membership = await read_membership(key, context)
    if membership.version != version:
        await follow_client(key, context=context)


async def _clear(membership: Membership, context: Context) -> int:
    """Move what is open in the books that the client has left; return how many that were."""
    moved = 0
    for associate in membership.left:
        for follow_up in await open_follow_ups(associate, membership.customer_id, context):
            await _move(follow_up, membership, context)
            moved += 1
    return moved


async def _move(stored: Versioned[FollowUp], membership: Membership, context: Context) -> None:
    version = membership.version
    _check_order(stored.value, version)
    successor = next(
        (holder.personnel_number for holder in membership.holders if holder.primary), None
    )
    if successor:
        await _receive(stored.value.received_by(successor, version), context)
    left_behind = stored.value.closed("Moved" if successor else "Canceled", version)
    await replace_follow_up(left_behind, stored.etag, context)


async def _receive(new: FollowUp, context: Context) -> None:
    """Write it into the book of the associate who has the client now. Raises Stale.

    One that is open there already is written too, so that a writer who is about to move it on by
    an older membership is stale. One that is done or canceled there stays so.
    """
    existing = await find_follow_up(new.personnel_number, new.id, context)
    if existing is None:
        await create_follow_up(new, context)
        return
    _check_order(existing.value, new.membership_version)
    if existing.value.status == "Moved":
        await replace_follow_up(new, existing.etag, context)
    elif existing.value.status == "Open":
        touched = existing.value.received_by(new.personnel_number, new.membership_version)
        await replace_follow_up(touched, existing.etag, context)


def _check_order(stored: FollowUp, version: int) -> None:
    if stored.membership_version > version:
        raise Stale("The follow-up follows a later membership.")
