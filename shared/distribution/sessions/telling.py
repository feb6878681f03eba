"""What a channel says of a session, and where that leaves it."""

from collections.abc import Sequence
from typing import Literal

from shared.context import Context
from shared.core.evolve import evolve
from shared.core.retry import check_version, write
from shared.core.versioned import Versioned
from shared.distribution.building.documents import want_full
from shared.distribution.domain.jobs import Job
from shared.distribution.domain.packages import After
from shared.distribution.domain.sessions import (
    FULL_LIMIT,
    MAX_FAILURES,
    VERIFICATION_FAILED,
    DownloadSessionNotFound,
    Position,
    Said,
    SessionChange,
    SessionOutOfOrder,
    applied,
    broken_at,
    check_transition,
    in_group,
    may_ask_for_full,
    session_id,
    told,
)
from shared.distribution.sessions import documents
from shared.distribution.sessions.offering import Channel, Desk, Session, read_desk
from shared.distribution.sessions.views import etag_of

SAME_AGAIN = frozenset({"Requested", "Downloaded", "Applied", "Canceled"})


Failure = Literal["retry", "third", "verification-failed", "full-limit"]


def failure_of(said: Said) -> Failure:
    """Return what a failure is: one to try again, or one after which only a full helps.

    It is `full-limit` if a full was asked for in the last day, and did not help.
    """
    if said.code == FULL_LIMIT:
        return "full-limit"
    if said.code == VERIFICATION_FAILED:
        return "verification-failed"
    return "third" if said.status == "Canceled" else "retry"


async def find_session(channel: Channel, name: str, context: Context) -> tuple[Session, Desk]:
    """Return the session, and what else is offered. Raises DownloadSessionNotFound."""
    job, _, number = name.rpartition("-")
    if not (job and number.isdecimal()):
        raise DownloadSessionNotFound(f"There is no download session {name}.")
    desk = await read_desk(channel, job, context)
    if session := desk.find(name):
        return session, desk
    said = await documents.find_said(channel.number, name, context)
    if said is None:
        raise DownloadSessionNotFound(f"There is no download session {name}.")
    return Session(said.value, said.value.status), desk


async def tell(  # noqa: PLR0913  # who says what of which version
    channel: Channel,
    name: str,
    change: SessionChange,
    *,
    jobs: Sequence[Job],
    if_match: str,
    context: Context,
) -> Session:
    """Let a session become what its channel says; the same again changes nothing.

    The position moves in the same commit. Raises DownloadSessionNotFound, SessionTransition,
    SessionSuspended, SessionOutOfOrder, Stale.
    """

    async def attempt() -> Session:
        session, desk = await find_session(channel, name, context)
        check_version(etag_of(session, desk.channel), if_match)
        if session.status == change.status and change.status in SAME_AGAIN:
            return session
        check_transition(session.status, change.status, session.behind)
        if change.status == "Applied":
            await _check_order(session.said, desk, jobs, context)
        return await _become(session, desk, change, context)

    return await write(attempt, if_match=if_match)


async def _become(session: Session, desk: Desk, change: SessionChange, context: Context) -> Session:
    said = told(session.said, change, by=context.actor, now=context.now)
    position: Position | None = None
    if change.status == "Applied":
        position = applied(desk.at, desk.offered.offers[0].package, context.now)
    elif change.status == "Canceled":
        position = broken_at(desk.at, desk.newest, context.now)
    elif change.status == "ApplyFailed":
        said, position = _failed(said, desk, context)
    if position and position.broken is not None:
        # Noted first: a full too many is harmless, a channel that waits in vain is not.
        await want_full(desk.channel.group, desk.job, position.broken, context)
    before = desk.said.get(said.id)
    records = [documents.Written(said, before)]
    if position:
        records.append(documents.Written(position, desk.position))
    await documents.write(desk.channel.number, records, context)
    return Session(said, said.status)


def _failed(said: Said, desk: Desk, context: Context) -> tuple[Said, Position]:
    """Return what becomes of a session that failed: a full takes its place at the third time.

    That is asked for at most once a day; then the channel waits until H lets it try again.
    """
    position = evolve(desk.at, failures=desk.at.failures + 1)
    if position.failures < MAX_FAILURES and said.code != VERIFICATION_FAILED:
        return said, position
    if not may_ask_for_full(position, context.now):
        return evolve(said, code=FULL_LIMIT, retry_at=None), position
    broken = broken_at(position, desk.newest, context.now)
    return evolve(said, status="Canceled", retry_at=None), broken


async def _check_order(said: Said, desk: Desk, jobs: Sequence[Job], context: Context) -> None:
    """Raise SessionOutOfOrder unless it is next, and what comes before it was applied."""
    following = desk.offered.offers[0].id
    if said.id != following:
        raise SessionOutOfOrder(f"{following} is next.", expected=following)
    sent = {job.number for job in jobs if job.active and not job.exclude_from_offline_databases}
    for after in said.after:
        if after.job in sent and (expected := await _missing(after, desk.channel, context)):
            raise SessionOutOfOrder(f"{expected} comes before {said.id}.", expected=expected)


async def _missing(after: After, channel: Channel, context: Context) -> str | None:
    """Return the session that is next of a job that is not applied far enough."""
    position: Versioned[Position] | None = await documents.find_position(
        channel.number, after.job, context
    )
    if position and in_group(position.value, channel.group).number >= after.number:
        return None
    other = await read_desk(channel, after.job, context)
    return (
        other.offered.offers[0].id if other.offered.offers else session_id(after.job, after.number)
    )
