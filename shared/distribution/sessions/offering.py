"""What a channel is offered of each job, as its packages, its position and its words have it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.context import Context
from shared.core.versioned import Versioned
from shared.distribution.building.documents import packages_above
from shared.distribution.domain.sessions import (
    Offer,
    Offered,
    Position,
    Said,
    Status,
    facts_of,
    in_group,
    is_about,
    offered,
    status_of,
)
from shared.distribution.sessions import documents


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it stands. `behind` is the session that it waits for, if it does."""

    said: Said
    status: Status
    behind: str | None = None
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A store or online channel, its group, whether H lets it wait, and who speaks for it."""

    number: str
    group: str
    is_paused: bool = False
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What a channel is offered of one job. `newest` is the number of the last package."""

    channel: Channel
    job: str
    position: Versioned[Position] | None
    said: Mapping[str, Versioned[Said]]
    offered: Offered
    newest: int

    @property
    def at(self) -> Position:
        known = self.position.value if self.position else Position(job=self.job)
        return in_group(known, self.channel.group)

    def sessions(self) -> Iterator[Session]:
        """Yield the sessions above the position, in the order of their numbers."""
        for offer, full in self.offered.replaced:
            known = self.said.get(offer.id)
            yield Session(known.value if known else unsaid(offer), "Canceled", None, full)
        for index in range(len(self.offered.offers)):
            yield self._session(index)

    def find(self, name: str) -> Session | None:
        return next((one for one in self.sessions() if one.said.id == name), None)

    def _session(self, index: int) -> Session:
        offer = self.offered.offers[index]
        words = {name: one.value for name, one in self.said.items()}
        before = self.offered.offers[:index]
        status, behind = status_of(offer, words, before, is_paused=self.channel.is_paused)
        known = words.get(offer.id)
        if known is None or not is_about(known, offer):
            known = unsaid(offer)
        return Session(known, status, behind)


def unsaid(offer: Offer) -> Said:
    """Return what is known of a session that nobody has spoken of."""
    return Said(**facts_of(offer).model_dump(), status="Available")


async def read_desk(channel: Channel, job: str, context: Context) -> Desk:
    """Return what the channel is offered of the job. One point read, and two queries."""
    position = await documents.find_position(channel.number, job, context)
    return await desk_at(channel, job, position, context)


async def desk_at(
    channel: Channel, job: str, position: Versioned[Position] | None, context: Context
) -> Desk:
    """Return what the channel is offered of the job, from its position on. Two queries."""
    here = in_group(position.value if position else Position(job=job), channel.group)
    packages = await packages_above(channel.group, job, here.number, context)
    said = await documents.said_above(channel.number, job, here.number, context)
    stored = Versioned(here, position.etag) if position else None
    newest = packages[-1].number if packages else here.number
    return Desk(channel, job, stored, said, offered(here, packages), newest)


def since(desk: Desk) -> datetime | None:
    """Return when the first package that is not applied was made; None if there is none."""
    return desk.offered.offers[0].package.created_at if desk.offered.offers else None
