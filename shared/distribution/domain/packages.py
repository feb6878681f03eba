"""Packages: what brings a group from one number of a job to the next, or there from nothing."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import Field

from shared.core.errors import Gone, NotFound
from shared.core.values import Record
from shared.distribution.domain.scopes import Scope

MAX_DELTAS: Final = 96  # since the last full
MAX_AGE: Final = timedelta(days=30)  # of a chain that is continued: tombstones are not older
FormName = Literal["delta", "full"]
FullReason = Literal["asked", "needed", "first", "scope", "schema", "deltas", "rows", "age"]
SCHEMA: Final[Mapping[str, int]] = {}  # of the tables whose rows mean something else than at first


class PackageNotFound(NotFound):
    """The chain of the group has no package of that number."""

    code = "package-not-found"


class PackageGone(Gone):
    """The package is no longer there: a newer full one took its place."""

    code = "package-gone"


class After(Record):
    """A package of another job that is to be applied before."""

    job: str = Field(description="Number of the distribution job", examples=["1070"])
    number: int = Field(description="Number of its package")


class Part(Record):
    """A part of a form: its name where packages lie, its size, and SHA-256 in hex."""

    number: int
    name: str
    bytes: int
    rows: int
    digest: str


class BucketSum(Record):
    """How many rows a bucket has, and their sum: 16 hex digits."""

    rows: int = Field(description="Rows of the bucket")
    sum: str = Field(description="Sum of its rows, 16 hex digits", examples=["00000000000000ff"])


class TableSums(Record):
    """What a table holds: 64 buckets, by the first byte of the hash of the key."""

    rows: int = Field(description="Rows of the table")
    buckets: tuple[BucketSum, ...] = Field(description="Its 64 buckets, in their order")


class Form(Record):
    """One form of a package. `digest` is SHA-256 of all parts together, in hex."""

    parts: tuple[Part, ...]
    puts: int
    dels: int
    bytes: int
    digest: str
    sums: dict[str, TableSums] = {}

    @property
    def rows(self) -> int:
        return self.puts + self.dels


class Package(Record):
    """Number n of a chain. With `reset` everybody takes the full form."""

    job: str
    number: int
    run: str
    start: dict[str, int]
    to: dict[str, int]
    after: tuple[After, ...]
    versions: dict[str, int]  # the schema number of each table
    tables: tuple[str, ...]
    reset: bool = False
    delta: Form | None = None
    full: Form | None = None
    traceparent: str | None = None
    created_at: datetime

    @property
    def forms(self) -> dict[FormName, Form]:
        """Return the forms that it has."""
        forms: dict[FormName, Form | None] = {"full": self.full, "delta": self.delta}
        return {name: form for name, form in forms.items() if form}

    @property
    def form_name(self) -> Literal["full", "delta", "both"]:
        """Return the name of what it has."""
        if self.full and self.delta:
            return "both"
        return "full" if self.full else "delta"

    def form(self, name: FormName) -> Form | None:
        return self.full if name == "full" else self.delta


class Chain(Record):
    """The packages of one group and job. `watermark` is where the last one ends, by shard."""

    job: str
    number: int = 0
    run: str = ""
    watermark: dict[str, int] = {}
    scope: str = ""
    versions: dict[str, int] = {}
    last_full: int = 0
    last_reset: int = 0
    full_rows: int = 0
    rows_since: int = 0
    built_at: datetime

    def reason_for_full(
        self, scope: Scope, *, is_asked: bool, is_needed: bool, now: datetime
    ) -> FullReason | None:
        """Return why the next package needs a full form; None where a delta is enough.

        It is asked for by a run, or needed by a channel that cannot go on by deltas.
        """
        reasons: dict[FullReason, bool] = {
            "first": self.number == 0,
            "scope": self.scope != scope.digest,
            "schema": self.versions != versions_of(scope),
            "age": now - self.built_at > MAX_AGE,  # a reset, whoever asks: tombstones are gone
            "asked": is_asked,
            "needed": is_needed,
            "deltas": self.number - self.last_full >= MAX_DELTAS,
            "rows": 2 * self.rows_since >= self.full_rows > 0,
        }
        return next((reason for reason, holds in reasons.items() if holds), None)


def versions_of(scope: Scope) -> dict[str, int]:
    """Return the schema number of each table."""
    return {table: SCHEMA.get(table, 1) for table in scope.tables}


def must_reset(reason: FullReason | None, *, is_by_hand: bool) -> bool:
    """Return whether everybody takes the full: what they hold is no state of this chain."""
    return reason in {"scope", "schema", "age"} or (reason == "asked" and is_by_hand)
