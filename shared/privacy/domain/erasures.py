"""The erasure of a customer: its states, its steps, and the certificate that it leaves."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import Field

from shared.core.errors import Conflict, Gone, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, LongLine, Record
from shared.customers.domain.customers import CustomerErased
from shared.customers.holdings.noted import Noted, Tombstone

ErasureState = Literal["Requested", "Canceled", "Running", "Completed"]
StepName = Literal[
    "freeze", "suppress", "books", "partition", "ledger", "directory", "channels", "bus", "merged",
    "verify", "compact",
]  # fmt: skip
STEPS: Final[tuple[StepName, ...]] = (
    "freeze", "suppress", "books", "partition", "ledger", "directory", "channels", "bus", "merged",
    "verify", "compact",
)  # fmt: skip
FIRST_AGAIN: Final[StepName] = "books"  # where a round begins that has found something
MAX_ROUNDS: Final = 3  # after which somebody should look
LOOK_FOR_LATE: Final = (timedelta(minutes=10), timedelta(days=1))  # writers, after completion
FIRST_LOOK_AT_CHANNELS: Final = timedelta(minutes=10)  # and each time after twice as long
LOOKS_AT_CHANNELS: Final = 13  # the last one after 28 days; then whoever reads looks


class ErasureNotFound(NotFound):
    """The customer was never to be erased."""

    code = "no-erasure"


class ErasureBlocked(Conflict):
    """Something keeps the data; `blockers` lists what, and until when."""

    code = "erasure-blocked"


class ErasureStarted(Conflict):
    """The erasure has begun, and cannot be canceled any more."""

    code = "erasure-started"


class RecordErased(Gone):
    """The customer was erased: nothing is left to export."""

    code = CustomerErased.code


class NewErasure(Body):
    """Why a customer is to be erased, and whether that may be canceled for some days."""

    reason: LongLine = Field(description="Why", examples=["Request of the customer, 2026-11-20"])
    immediately: bool = Field(False, description="Whether it starts at once, and not after days")


class Blocker(Record):
    """What keeps the data of a customer."""

    code: Literal["hold", "default-customer", "pending-sync"] = Field(
        description="What it is", examples=["hold"]
    )
    detail: str = Field(description="What exactly", examples=["return-88-12"])
    until: datetime | None = Field(None, description="When it ends by itself; null if not")


class ErasureStep(Record):
    """One step, how many documents it has changed, and when it was done."""

    name: StepName = Field(description="What is done")
    state: Literal["Waiting", "Done"] = Field("Waiting", description="Whether it is done")
    count: Annotated[int, Field(description="Documents that were removed or emptied")] = 0
    done_at: datetime | None = Field(None, description="When it was done")


class Kept(Record):
    """What stays, and by what law."""

    what: str = Field(description="What it is", examples=["stub"])
    why: str = Field(description="Why it stays")
    basis: str = Field(description="Article of the GDPR", examples=["17(3)(b)"])
    until: datetime | None = Field(None, description="When it goes; null if it does not")


class Expires(Record):
    """What goes by itself."""

    what: str = Field(description="What it is")
    at: datetime = Field(description="When the last of it is gone")


class ChannelErasure(Record):
    """A channel that may have held rows of the customer."""

    channel: str = Field(description="Store or online channel", examples=["HOUSTON"])
    applied_at: datetime | None = Field(
        None,
        description="When, at the latest, it had applied a package that says they are gone; null "
        "as long as it is not known to have done so",
    )


class Certificate(Record):
    """What was erased, what is kept, and what goes by itself. `hash` is that of its other members.

    RFC 8785 says how they are written. It is another one once a channel has applied the erasure.
    """

    certificate_id: str = Field(description="Names the certificate")
    customer_id: str = Field(description="GUID of the customer")
    requested_at: datetime = Field(description="When the erasure was requested")
    completed_at: datetime = Field(description="When it was completed")
    steps: tuple[ErasureStep, ...] = Field(description="What was done")
    found: int = Field(description="What was still found afterwards: always none")
    kept: tuple[Kept, ...] = Field(description="What stays")
    expires: tuple[Expires, ...] = Field(description="What goes by itself")
    ledger_head: str = Field(description="Last hash of the ledger of consents, which stays")
    channels: tuple[ChannelErasure, ...] = Field(
        (), description="Channels that may have held the customer; the erasure waits for none"
    )
    removed_later: int = Field(
        0, description="What writers that were late left behind, and was removed since"
    )
    hash: str = Field(description="SHA-256 of the other members")


class ErasureView(Record):
    """How far an erasure has come."""

    state: ErasureState = Field(description="Requested, Canceled, Running or Completed")
    reason: str | None = Field(description="Why; null once it is completed")
    requested_at: datetime = Field(description="When it was requested")
    requested_by: str = Field(description="Who requested it", examples=["administrator:ada"])
    due_at: datetime = Field(description="When it starts")
    blockers: tuple[Blocker, ...] = Field((), description="What has kept it from starting")
    steps: tuple[ErasureStep, ...] = Field(description="What is done, in this order")
    certificate: Certificate | None = Field(None, description="Once it is completed")


class Erasure(ErasureView):
    """With what is needed until it is completed: where the data is, and how often it was looked at.

    `noted` is what the steps look for, written with the commit that empties the record; `rounds`
    counts how often something was found by the verification. `checks` are left, after completion,
    for what late writers leave behind. `looks` counts those at the channels, whether they have
    applied the `tombstone`. `revision` counts the writes.
    """

    customer_id: str
    noted: Noted | None = None
    tombstone: Tombstone | None = None
    rounds: int = 0
    checks: int = len(LOOK_FOR_LATE)
    looks: int = 0
    revision: int = 1

    @property
    def next_step(self) -> StepName | None:
        return next((step.name for step in self.steps if step.state == "Waiting"), None)

    @property
    def open_channels(self) -> list[str]:
        """Return the channels that are not known to have applied the erasure."""
        listed = self.certificate.channels if self.certificate else ()
        return [one.channel for one in listed if one.applied_at is None]

    @property
    def check_due_at(self) -> datetime | None:
        """Return when late writers are looked for next; None before and after."""
        if self.certificate is None or not self.checks:
            return None
        return self.certificate.completed_at + LOOK_FOR_LATE[-self.checks]

    @property
    def look_due_at(self) -> datetime | None:
        """Return when the channels are looked at next; None if that is no use any more."""
        if self.certificate is None or not self.open_channels or self.looks == LOOKS_AT_CHANNELS:
            return None
        return self.certificate.completed_at + FIRST_LOOK_AT_CHANNELS * (1 << self.looks)

    @property
    def again_at(self) -> datetime | None:
        """Return when something is to be done after completion, if there is anything."""
        return min((at for at in (self.check_due_at, self.look_due_at) if at), default=None)

    def begun(self, noted: Noted, now: datetime) -> "Erasure":
        """Return it with the first step done, which empties the record."""
        running = evolve(self, state="Running", noted=noted, blockers=(), rounds=0)
        return running.with_step("freeze", 1, now)

    def with_step(self, name: StepName, count: int, now: datetime) -> "Erasure":
        """Return it with a step done; one that was done before is counted again."""
        steps = tuple(
            evolve(step, state="Done", count=step.count + count, done_at=now)
            if step.name == name
            else step
            for step in self.steps
        )
        return evolve(self, steps=steps)

    def again(self) -> "Erasure":
        """Return it with the steps waiting that have left something."""
        first = STEPS.index(FIRST_AGAIN)
        steps = tuple(
            evolve(step, state="Waiting") if STEPS.index(step.name) >= first else step
            for step in self.steps
        )
        return evolve(self, steps=steps, rounds=self.rounds + 1)


def requested(key: str, new: NewErasure, *, now: datetime, due_at: datetime, actor: str) -> Erasure:
    return Erasure(
        customer_id=key,
        state="Requested",
        reason=new.reason,
        requested_at=now,
        requested_by=actor,
        due_at=due_at,
        steps=tuple(ErasureStep(name=name) for name in STEPS),
    )


def check_blockers(blockers: Sequence[Blocker]) -> None:
    """Raise ErasureBlocked if there are any."""
    if blockers:
        listed: Sequence[Mapping[str, object]] = [
            blocker.model_dump(mode="json", by_alias=True) for blocker in blockers
        ]
        raise ErasureBlocked("Something keeps the data of the customer.", blockers=listed)
