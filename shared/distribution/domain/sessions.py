"""Download sessions: what a channel is offered, computed from its chain and its position.

Nothing is stored for a session until its channel says something about it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from pydantic import Field

from shared.core.errors import Conflict, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Line, Record, Text
from shared.distribution.domain.packages import After, Form, FormName, Package, PackageGone

Status = Literal[
    "Available", "Requested", "Downloaded", "Applied", "ApplyFailed", "Suspended", "Canceled"
]
MAX_BEHIND: Final = 24  # deltas that are offered where there is a full among them
MAX_FAILURES: Final = 3  # in a row, before a full is asked for
RETRY_AFTER: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=25))
FULL_LIMIT, VERIFICATION_FAILED = "full-limit", "verification-failed"
MAY_BECOME: Final[Mapping[Status, tuple[Status, ...]]] = {
    "Available": ("Requested", "Downloaded", "Applied", "ApplyFailed", "Canceled"),
    "Requested": ("Downloaded", "Applied", "ApplyFailed", "Canceled"),
    "Downloaded": ("Requested", "Applied", "ApplyFailed", "Canceled"),
    "ApplyFailed": ("Requested", "Applied", "Canceled"),
    "Suspended": (),
    "Applied": (),
    "Canceled": (),
}


class SessionPart(Record):
    """A part of a form: its size, and SHA-256 in hex."""

    number: int = Field(description="Number of the part, from 1")
    bytes: int = Field(description="Bytes of the part")
    rows: int = Field(description="Rows of the part")
    digest: str = Field(description="SHA-256 of the part, in hex")


class DownloadSessionNotFound(NotFound):
    """The channel has no download session of that id."""

    code = "download-session-not-found"


class SessionTransition(Conflict):
    """The session cannot become that from what it is."""

    code = "session-transition"


class SessionSuspended(Conflict):
    """The session waits for another one that has failed, or its channel is paused."""

    code = "session-suspended"


class SessionOutOfOrder(Conflict):
    """Another package is to be applied before."""

    code = "session-out-of-order"


class Facts(Record):
    """What a session delivers: a form of a package. It is kept with what is said of it."""

    id: str
    job: str
    number: int
    form: FormName
    reset: bool
    run: str
    rows: int
    puts: int
    dels: int
    bytes: int
    digest: str
    parts: tuple[SessionPart, ...]
    versions: dict[str, int] = Field(alias="schema")
    after: tuple[After, ...]
    traceparent: str | None = None
    created_at: datetime


class Said(Facts):
    """What was said of a session; of nothing there is no such record."""

    status: Status
    message: str | None = None
    code: str | None = None
    tries: int = 0
    retry_at: datetime | None = None
    replaced_by: str | None = None
    requested_at: datetime | None = None
    requested_by: str | None = None
    downloaded_at: datetime | None = None
    applied_at: datetime | None = None


class SessionChange(Body):
    """What a channel says of a session."""

    status: Literal["Requested", "Downloaded", "Applied", "ApplyFailed", "Canceled"] = Field(
        description="What the session becomes", examples=["Applied"]
    )
    message: Text | None = Field(None, description="Why it failed, in words")
    code: Line | None = Field(
        None, description="Why it failed, by a code of the channel", examples=["disk-full"]
    )


class Position(Record):
    """How far a channel has applied the packages that its group has of a job.

    In another group it begins again: numbers of one chain say nothing of another. It is `broken`
    above a number where it cannot go on by deltas: it waits for a full above it. `watermark` is
    where the package ends that was applied last, which is known here when that package is gone.
    """

    job: str
    group: str = ""
    number: int = 0
    watermark: dict[str, int] = {}
    broken: int | None = None
    failures: int = 0
    full_asked_at: datetime | None = None
    applied_at: datetime | None = None

    def has_passed(self, shard: str, number: int) -> bool:
        """Return whether the channel holds what the shard said at that number, or later.

        Of who waits for a full nothing is certain.
        """
        return self.broken is None and self.watermark.get(shard, 0) >= number


class Offer(NamedTuple):
    """A package that a channel is to apply, in this form."""

    package: Package
    form_name: FormName

    @property
    def id(self) -> str:
        return session_id(self.package.job, self.package.number)

    @property
    def form(self) -> Form:
        """Return the form. Raises PackageGone."""
        form = self.package.form(self.form_name)
        if form is None:
            raise PackageGone(f"Package {self.id} has no {self.form_name} any more.")
        return form


def facts_of(offer: Offer) -> Facts:
    """Return what a session of the offer delivers. Raises PackageGone."""
    package, form = offer.package, offer.form
    return Facts(
        id=offer.id,
        job=package.job,
        number=package.number,
        form=offer.form_name,
        reset=package.reset,
        run=package.run,
        rows=form.rows,
        puts=form.puts,
        dels=form.dels,
        bytes=form.bytes,
        digest=form.digest,
        parts=tuple(SessionPart.model_validate(part.model_dump()) for part in form.parts),
        versions=package.versions,
        after=package.after,
        traceparent=package.traceparent,
        created_at=package.created_at,
    )


class Offered(NamedTuple):
    """What is offered, in the order of application, and what a full takes the place of."""

    offers: list[Offer]
    replaced: list[tuple[Offer, str]]  # with the id of the full


def session_id(job: str, number: int) -> str:
    return f"{job}-{number:06d}"


def offered(position: Position, packages: Sequence[Package]) -> Offered:
    """Return what the channel is to apply, of the packages above its position, oldest first.

    A channel that holds nothing, or what cannot be gone on from, takes the newest full and then
    deltas; one that is a few behind takes deltas; one that is far behind the newest full among
    them. Who waits for a full that is not there yet is offered nothing. Where the next package is
    gone, a newer full took its place.
    """
    resets = [one.number for one in packages if one.reset]
    is_cut_off = bool(packages) and packages[0].number > position.number + 1
    cannot_go_on = position.number == 0 or position.broken is not None
    needs_full = cannot_go_on or is_cut_off or bool(resets)
    above = max(position.broken or 0, *(number - 1 for number in resets), 0)
    fulls = [one for one in packages if one.full and one.number > above]
    if needs_full and not fulls:
        return Offered([], [])
    if needs_full or (len(packages) > MAX_BEHIND and fulls):
        newest = fulls[-1]
        later = [Offer(one, "delta") for one in packages if one.number > newest.number]
        full = session_id(newest.job, newest.number)
        former = [one for one in packages if one.number < newest.number]
        replaced = [(Offer(one, "delta" if one.delta else "full"), full) for one in former]
        return Offered([Offer(newest, "full"), *later], replaced)
    return Offered([Offer(one, "delta") for one in packages], [])


def status_of(
    offer: Offer, said: Mapping[str, Said], before: Sequence[Offer], *, is_paused: bool
) -> tuple[Status, str | None]:
    """Return the state of an offered session, and behind which one it waits, if it does."""
    failed = next((one.id for one in before if _of(one, said) == "ApplyFailed"), None)
    if is_paused or failed:
        return "Suspended", failed
    return _of(offer, said), None


def _of(offer: Offer, said: Mapping[str, Said]) -> Status:
    """Return what was said of the form that is offered; of another form nothing was."""
    one = said.get(offer.id)
    return one.status if one and is_about(one, offer) else "Available"


def is_about(said: Said, offer: Offer) -> bool:
    """Return whether it was said of what is offered: this form of the package of this run."""
    return (said.form, said.run) == (offer.form_name, offer.package.run)


def check_transition(status: Status, wanted: Status, behind: str | None) -> None:
    """Raise SessionSuspended or SessionTransition where it cannot become what is wanted."""
    if status == "Suspended":
        raise SessionSuspended("The session waits for another one.", behind=behind)
    if wanted not in MAY_BECOME[status]:
        raise SessionTransition(
            f"A session that is {status} does not become {wanted}.",
            status=status,
            allowed=list(MAY_BECOME[status]),
        )


def told(before: Said, change: SessionChange, *, by: str, now: datetime) -> Said:
    """Return what is known of the session once it has become what is said."""
    moments: dict[str, dict[str, Any]] = {
        "Requested": {"requested_at": now, "requested_by": by},
        "Downloaded": {"downloaded_at": now},
        "Applied": {"applied_at": now},
    }
    if change.status == "ApplyFailed":
        tries = before.tries + 1
        pause = RETRY_AFTER[min(tries, len(RETRY_AFTER)) - 1]
        moments["ApplyFailed"] = {"tries": tries, "retry_at": now + pause}
    known = {"message": change.message, "code": change.code, "retry_at": None}
    return evolve(before, status=change.status, **(known | moments.get(change.status, {})))


def in_group(position: Position, group: str) -> Position:
    """Return where the channel is in the chain of this group: nowhere, if it was in another."""
    if position.group in {"", group}:
        return evolve(position, group=group)
    return Position(job=position.job, group=group, full_asked_at=position.full_asked_at)


def applied(position: Position, package: Package, now: datetime) -> Position:
    """Return the position after the package was applied."""
    return evolve(
        position,
        number=package.number,
        watermark=package.to,
        broken=None,
        failures=0,
        applied_at=now,
    )


def broken_at(position: Position, newest: int, now: datetime) -> Position:
    """Return the position of a channel that needs a full above the newest package there is."""
    return evolve(position, broken=newest, failures=0, full_asked_at=now)


def may_ask_for_full(position: Position, now: datetime) -> bool:
    """Return whether a full may be asked for: at most once a day for a channel and a job."""
    asked = position.full_asked_at
    return asked is None or now - asked >= timedelta(days=1)
