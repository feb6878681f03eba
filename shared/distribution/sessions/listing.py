"""Listing the sessions of a channel, in the order of application."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from shared.context import Context
from shared.core.versioned import Versioned
from shared.distribution.building.documents import all_chains
from shared.distribution.domain.packages import Chain
from shared.distribution.domain.sessions import Position, Status, in_group
from shared.distribution.domain.tables import CATALOG
from shared.distribution.sessions import documents
from shared.distribution.sessions.offering import Channel, Session, desk_at

PAGE_OF_PAST: Final = 100  # numbers that one query looks through
JOBS: Final = tuple(kind.number for kind in CATALOG if not kind.is_pushed)
PAST: Final = frozenset({"Applied", "Canceled", "ApplyFailed"})


class Place(NamedTuple):
    """Behind which session a page begins."""

    job: str
    number: int


class Wanted(NamedTuple):
    """Which sessions: of a state, of a job, or all."""

    status: Status | None = None
    job: str | None = None


class SessionPage(NamedTuple):
    """`place` is None on the last page."""

    sessions: list[Session]
    place: Place | None


async def list_sessions(
    channel: Channel,
    wanted: Wanted,
    *,
    after: Place | None,
    limit: int,
    context: Context,
) -> SessionPage:
    """Return the next sessions, those that were applied first.

    Two queries; for each job two more where the channel is behind, and one for each hundred that
    it has applied, if those are asked for.
    """
    positions = await documents.read_positions(channel.number, context)
    chains = await all_chains(channel.group, context)
    found: list[Session] = []
    for name in _jobs(wanted.job, after):
        start = after.number if after and after.job == name else 0
        listing = _Listing(channel, name, positions.get(name), chains.get(name), context)
        page = await listing.sessions(start, wanted.status, limit - len(found))
        found += page.sessions
        if page.place:
            return SessionPage(found, page.place)
    return SessionPage(found, None)


def _jobs(job: str | None, after: Place | None) -> Sequence[str]:
    jobs = [name for name in JOBS if job in {None, name}]
    return jobs[jobs.index(after.job) :] if after and after.job in jobs else jobs


class _Listing(NamedTuple):
    """The sessions of one job."""

    channel: Channel
    job: str
    position: Versioned[Position] | None
    chain: Chain | None
    context: Context

    async def sessions(self, start: int, status: Status | None, room: int) -> SessionPage:
        found: list[Session] = []
        known = self.position.value if self.position else Position(job=self.job)
        at = in_group(known, self.channel.group).number
        while start < at and status in {None, *PAST}:
            if len(found) >= room:
                return SessionPage(found, Place(self.job, start))
            last = min(start + min(PAGE_OF_PAST, room - len(found)), at)
            numbers = range(start + 1, last + 1)
            past = await documents.said_up_to(self.channel.number, self.job, numbers, self.context)
            found += [Session(one, one.status) for one in past if status in {None, one.status}]
            start = last
        for session in await self._open(at):
            if session.said.number <= start or status not in {None, session.status}:
                continue
            if len(found) >= room:
                return SessionPage(found, Place(self.job, session.said.number - 1))
            found.append(session)
        return SessionPage(found, None)

    async def _open(self, at: int) -> list[Session]:
        if self.chain is None or self.chain.number <= at:
            return []
        desk = await desk_at(self.channel, self.job, self.position, self.context)
        return list(desk.sessions())
