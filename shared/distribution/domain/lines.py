"""The lines of a package, and the sums by which a channel proves that it holds the same."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from pydantic_core import to_json

from shared.core.values import as_text
from shared.distribution.domain.entries import Entry
from shared.distribution.domain.packages import BucketSum, FormName, Package, TableSums

FORMAT: Final = 1
BUCKETS: Final = 64
MODULO: Final = 2**64


def line(value: Mapping[str, Any]) -> bytes:
    return to_json(value) + b"\n"


def header_of(package: Package, form: FormName, group: str, legal_entity: str) -> dict[str, Any]:
    """Return the first line: a full form goes on from nothing."""
    return {
        "kind": "package",
        "format": FORMAT,
        "legalEntity": legal_entity,
        "channelDatabaseGroup": group,
        "job": package.job,
        "number": package.number,
        "form": form,
        "reset": package.reset,
        "from": None if form == "full" else package.start,
        "to": package.to,
        "after": [one.model_dump(mode="json") for one in package.after],
        "schema": package.versions,
        "tables": package.tables,
        "createdAt": as_text(package.created_at),
    }


def put_line(entry: Entry) -> bytes:
    return line(
        {
            "table": entry.table,
            "key": entry.key,
            "op": "put",
            "version": entry.version,
            "hash": entry.hash,
            "row": entry.row,
        }
    )


def del_line(entry: Entry) -> bytes:
    return line({"table": entry.table, "key": entry.key, "op": "del", "version": entry.version})


def end_line(puts: int, dels: int) -> bytes:
    """Return the last line: a file without it is cut off."""
    return line({"kind": "end", "rows": puts + dels, "puts": puts, "dels": dels})


@dataclass
class Sums:
    """Sums of the rows that are there, by table and bucket; kept up row by row, in any order."""

    rows: defaultdict[str, list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0] * BUCKETS)
    )
    sums: defaultdict[str, list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0] * BUCKETS)
    )

    @classmethod
    def of_tables(cls, tables: Mapping[str, TableSums]) -> "Sums":
        """Return the sums that these are of."""
        sums = cls()
        for table, known in tables.items():
            sums.rows[table] = [bucket.rows for bucket in known.buckets]
            sums.sums[table] = [int(bucket.sum, 16) for bucket in known.buckets]
        return sums

    def add(self, key: tuple[str, str], version: int, row_hash: str, *, times: int = 1) -> None:
        """Count the row of this table and key, or with -1 no more."""
        table, name = key[0], "/".join(key)
        bucket = sha256(name.encode()).digest()[0] % BUCKETS
        digest = sha256(f"{name}@{version}:{row_hash}".encode()).digest()
        self.rows[table][bucket] += times
        total = self.sums[table][bucket] + times * int.from_bytes(digest[:8])
        self.sums[table][bucket] = total % MODULO

    def of(self, table: str) -> TableSums:
        counts, sums = self.rows[table], self.sums[table]
        buckets = (
            BucketSum(rows=rows, sum=f"{total:016x}")
            for rows, total in zip(counts, sums, strict=True)
        )
        return TableSums(rows=sum(counts), buckets=tuple(buckets))
