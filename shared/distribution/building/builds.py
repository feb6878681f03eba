"""Builds: what comes of them, and as documents of their group how far a long one has come."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from shared.context import Context
from shared.core.errors import Conflict
from shared.core.values import Record, as_text
from shared.core.versioned import Versioned
from shared.distribution.building.documents import CONTAINER, SCHEMA_VERSION, partition
from shared.distribution.building.writing import WrittenForm
from shared.distribution.domain.packages import FormName, FullReason, Package
from shared.ports.documents import Create, Document, Equal, Operation, Remove, Replace

BUILD, BUILT = "build", "built"  # types: a build that goes on, and one that has its package
KEPT: Final = timedelta(days=1)  # since it was last written; then its parts are nobody's
KEPT_BUILT: Final = timedelta(hours=6)  # for messages that come again
ABANDONED: Final = timedelta(minutes=15)  # since it was last written; then nobody waits for it


class Built(NamedTuple):
    """The package, if there was anything to send, and why it has a full form, if it has one.

    Or the `step` that a long build has come to: it gives way to others, and goes on when it is
    asked for again.
    """

    package: Package | None
    reason: FullReason | None = None
    is_excluded: bool = False
    step: int | None = None


class BuildCanceled(Conflict):
    """The run was canceled while its package was built."""

    code = "build-canceled"


class BuildGoesOn(Conflict):
    """A long build of the same group and job goes on, for another run."""

    code = "build-goes-on"


class Build(Record):
    """How far the package `number` of a job is built for a run, by shard and number of change.

    `heads` is what the shards were at when it began, `to` where those that were read end; of the
    next one all up to `cursor` was read, while it was `seen` at that number. `step` counts what was
    written for the run, however often it had to begin again.
    """

    run: str
    job: str
    number: int
    scope: str = ""
    versions: dict[str, int] = {}
    reason: FullReason | None = None
    is_reset: bool = False
    heads: dict[str, int] = {}
    to: dict[str, int] = {}
    cursor: int | None = None
    seen: int = 0
    forms: dict[FormName, WrittenForm] = {}
    step: int = 0
    is_done: bool = False
    written_at: datetime

    def is_of(self, begun: "Build") -> bool:
        """Return whether what has just begun can go on from here: it would build the same."""
        return (self.number, self.scope, self.versions) == (
            begun.number,
            begun.scope,
            begun.versions,
        )

    def done(self, now: datetime) -> "Build":
        """Return what is kept of it once there is its package."""
        return Build(
            run=self.run,
            job=self.job,
            number=self.number,
            step=self.step,
            is_done=True,
            written_at=now,
        )

    @property
    def part_names(self) -> set[str]:
        return {part.name for form in self.forms.values() for part in form.parts}


async def find_build(group: str, run: str, context: Context) -> Versioned[Build] | None:
    """Return the build of a run, or None before its first part. One point read."""
    where = partition(group, context)
    document = await context.documents.read(CONTAINER, where, _id(run))
    return Versioned(_build_of(document), document.etag) if document else None


async def all_builds(group: str, context: Context) -> list[Build]:
    """Return the builds that go on. One query."""
    where = partition(group, context)
    found = context.documents.all(CONTAINER, where, Equal("type", BUILD))
    return [_build_of(document) async for document in found]


async def other_build(group: str, job: str, run: str, context: Context) -> Build | None:
    """Return a build of the job for another run that goes on. One query."""
    since = context.now - ABANDONED
    for one in await all_builds(group, context):
        if one.job == job and one.run != run and one.written_at > since:
            return one
    return None


async def write_build(
    group: str, before: Versioned[Build] | None, build: Build, context: Context
) -> None:
    """Write it over what was read, or for the first time. Raises Stale, AlreadyExists."""
    operation = over(before, build)
    await context.documents.commit(CONTAINER, partition(group, context), [operation])


async def remove_build(group: str, run: str, context: Context) -> None:
    """Forget the build; its parts are nobody's then. Repeating it changes nothing."""
    if await find_build(group, run, context):
        await context.documents.commit(CONTAINER, partition(group, context), [Remove(_id(run))])


def over(before: Versioned[Build] | None, build: Build) -> Operation:
    """Return what writes the build over what was read, or for the first time."""
    body = _body(build)
    return Replace(body, before.etag) if before else Create(body)


def _id(run: str) -> str:
    return f"{BUILD}:{run}"


def _body(build: Build) -> Mapping[str, Any]:
    kept = KEPT_BUILT if build.is_done else KEPT
    return build.model_dump(mode="json", by_alias=True) | {
        "id": _id(build.run),
        "type": BUILT if build.is_done else BUILD,
        "writtenAt": as_text(build.written_at),
        "schemaVersion": SCHEMA_VERSION,
        "ttl": int(kept.total_seconds()),
    }


def _build_of(document: Document) -> Build:
    return Build.model_validate(document.body)
