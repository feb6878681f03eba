"""Open follow-ups go with the client: to who has her now, or nowhere."""

from shared.clienteling.domain.client_books import Membership
from shared.clienteling.memberships import read_membership
from shared.context import Context
from shared.core.errors import Stale
from shared.core.retry import until_not_stale
from shared.follow_ups.documents import (
    create_follow_up,
    find_follow_up,
    open_follow_ups,
    replace_follow_up,
)
from shared.follow_ups.domain.follow_ups import FollowUp


async def follow_client(key: str, *, context: Context) -> None:
    """Let no open follow-up stay in a book that the client has left; twice is once.

    Each is written for who has her first, under the same id, and then says here that it moved.
    Every write is conditional and bears the version of the membership that it followed, and the
    membership is read anew until nothing is left to move: so it does not matter who comes late.
    Raises Unavailable.
    """

    async def attempt() -> None:
        while True:
            membership, _ = await read_membership(key, context)
            if not await _clear(membership, context):
                return

    await until_not_stale(attempt)


async def follow_if_changed(key: str, version: int, *, context: Context) -> None:
    """Look again after a follow-up was written for who had the client at that version.

    Whoever handed her over at the same moment may have looked before it was there.
    """
    membership, _ = await read_membership(key, context)
    if membership.version != version:
        await follow_client(key, context=context)


async def _clear(membership: Membership, context: Context) -> int:
    """Move what is open in the books she has left, and return how many that were."""
    moved = 0
    for associate in membership.left:
        for one in await open_follow_ups(associate, membership.customer_id, context):
            await _move(one, membership, context)
            moved += 1
    return moved


async def _move(one: FollowUp, membership: Membership, context: Context) -> None:
    version = membership.version
    _check_order(one, version)
    heir = next((it.personnel_number for it in membership.holders if it.primary), None)
    if heir:
        await _receive(one.received_by(heir, version), context)
    left_behind = one.settled("Moved" if heir else "Canceled", version)
    await replace_follow_up(left_behind, one.etag, context)


async def _receive(new: FollowUp, context: Context) -> None:
    """Write it into the book of who has the client now. Raises Stale.

    One that is open there already is written too, so that who is about to move it on, knowing an
    older membership, is stale. One that is settled there stays so.
    """
    there = await find_follow_up(new.personnel_number, new.id, context)
    if there is None:
        await create_follow_up(new, context)
        return
    _check_order(there, new.membership_version)
    if there.status == "Moved":
        await replace_follow_up(new, there.etag, context)
    elif there.status == "Open":
        touched = there.received_by(new.personnel_number, new.membership_version)
        await replace_follow_up(touched, there.etag, context)


def _check_order(there: FollowUp, version: int) -> None:
    if there.membership_version > version:
        raise Stale("It follows a later membership.")
