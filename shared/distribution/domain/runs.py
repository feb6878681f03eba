"""Runs of distribution jobs: one execution of a job for its groups, and what became of each."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import Field

from shared.core.errors import Conflict, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Guid, Key, Record, Whole

RETENTION: Final = timedelta(days=90)
RETENTION_WITHOUT_DATA: Final = timedelta(hours=24)  # of runs of the clock: one a minute, mostly
MAX_INCLUDES: Final = 100

RunStatus = Literal[
    "Queued", "Running", "Succeeded", "NoData", "PartlyFailed", "Failed", "Canceled"
]
Trigger = Literal["Schedule", "RunNow"]
GroupStatus = Literal[
    "Queued", "Building", "Packaged", "NoData", "Excluded", "Skipped", "Failed", "Canceled"
]
Form = Literal["delta", "full", "both"]
ENDED: Final = frozenset({"Packaged", "NoData", "Excluded", "Skipped", "Failed", "Canceled"})
WITHOUT_DATA: Final = frozenset({"NoData", "Excluded", "Skipped"})
Counts = Mapping[GroupStatus, int]


class RunNotFound(NotFound):
    """The job has no run of this id, or it ended too long ago."""

    code = "distribution-run-not-found"


class RunEnded(Conflict):
    """The run has ended, so it cannot be canceled; `runStatus` says how."""

    code = "run-ended"


class IncludedVersion(Body):
    """A version of a customer that a run is to include."""

    customer_id: Annotated[
        Key, Field(description="GUID or account number of the customer", examples=["004021"])
    ]
    version: Annotated[Whole, Field(description="Version that was written", examples=[3])]


class NewRun(Body):
    """What to run now."""

    full: bool = Field(False, description="Whether to send everything, and not only what changed")
    channel_database_groups: Annotated[list[Key], Field(max_length=500)] = Field(
        [],
        description="Channel database groups to send to; empty for all",
        examples=[["Default"]],
    )
    includes: Annotated[list[IncludedVersion], Field(max_length=MAX_INCLUDES)] = Field(
        [], description="Versions of customers that the run waits for, for 30 seconds at most"
    )


class CustomerVersion(Record):
    """A version of a customer."""

    customer_id: Annotated[Guid, Field(description="GUID of the customer")]
    version: Annotated[int, Field(description="Version of the customer", examples=[3])]


class GroupResult(Record):
    """What became of a run for one channel database group."""

    channel_database_group: Annotated[
        str, Field(description="Name of the group, or number of a channel that is in none")
    ]
    status: GroupStatus = Field("Queued", description="How far the group has come")
    number: int | None = Field(None, description="Number of the package that was made")
    form: Form | None = Field(None, description="Forms in which the package was made")
    rows: int = Field(0, description="Rows of the package")
    bytes: int = Field(0, description="Bytes of the package, compressed")
    seconds: float = Field(0.0, description="How long it took to make, in seconds")
    message: str | None = Field(None, description="Why it failed, or was skipped")

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED


class BuildPackage(Record):
    """The command to build the package of one group. `place` is that of the group in the run.

    It was sent for later so many `tries`; a long build took so many `seconds` so far.
    """

    kind: Literal["build-package"] = "build-package"
    legal_entity: str
    job: str
    run: str
    group: str
    place: int
    tries: int = 0
    seconds: float = 0.0


class Run(Record):
    """One execution of a job. `revision` counts its writes.

    `channel_database_groups` are those that were asked for, empty for all; `counts` says of a run
    that has ended how many groups came to which status.
    """

    id: str
    job: str
    status: RunStatus = "Queued"
    trigger: Trigger
    due: datetime | None = None
    full: bool = False
    missed: int = 0
    channel_database_groups: tuple[str, ...] = ()
    includes: tuple[CustomerVersion, ...] = ()
    lacking: tuple[CustomerVersion, ...] = ()
    counts: dict[GroupStatus, int] = {}
    requested_by: str
    created_at: datetime
    started_at: datetime | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    traceparent: str | None = None
    revision: int = 0

    @property
    def has_ended(self) -> bool:
        return self.ended_at is not None

    @property
    def retention(self) -> timedelta:
        """Return for how long it is kept since it was last written."""
        is_empty = self.trigger == "Schedule" and self.status == "NoData"
        return RETENTION_WITHOUT_DATA if is_empty else RETENTION

    def keeps(self, status: GroupStatus) -> bool:
        """Return whether a group that came to this status is kept by itself, not only counted."""
        return self.trigger == "RunNow" or status not in WITHOUT_DATA

    def started(self, now: datetime) -> "Run":
        """Return the run once there is a message for each of its groups."""
        return evolve(self, status="Running", started_at=now)

    def canceled(self, now: datetime) -> "Run":
        """Return the run as it is once somebody asked to cancel it. Raises RunEnded.

        One that was not started ends with that; else it ends when its groups have.
        """
        if self.has_ended:
            raise RunEnded(f"The run {self.id} has ended.", runStatus=self.status)
        if self.status == "Queued":
            return evolve(self, status="Canceled", canceled_at=now, ended_at=now)
        return evolve(self, canceled_at=self.canceled_at or now)

    def ended(self, counts: Counts, now: datetime) -> "Run":
        """Return the run when all of its groups have ended."""
        return evolve(
            self,
            status=folded(counts),
            counts={status: count for status, count in counts.items() if count},
            started_at=self.started_at or now,
            ended_at=now,
        )

    def lacks(self, lacking: Sequence[CustomerVersion]) -> "Run":
        """Return the run with the versions that a group did not wait for any longer."""
        return evolve(self, lacking=tuple(dict.fromkeys((*self.lacking, *lacking))))


def folded(counts: Counts) -> RunStatus:
    """Return the status of a run whose groups have ended, so many with each status."""
    total = sum(counts.values())
    if failed := counts.get("Failed", 0):
        return "Failed" if failed == total else "PartlyFailed"
    if counts.get("Canceled"):
        return "Canceled"
    return "Succeeded" if counts.get("Packaged") else "NoData"


def run_id_of_due(job: str, due: datetime) -> str:
    """Return the id of the run of the clock: it is that of the time that it is due."""
    return f"{job}-{due:%Y%m%dT%H%M%SZ}"


def run_id_by_hand(job: str, new_id: str) -> str:
    return f"{job}-{new_id.replace('-', '')[:16]}"
