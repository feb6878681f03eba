"""Writing a form of a package: lines into parts, each row once, whatever is changed meanwhile."""

import zlib
from base64 import b85decode, b85encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, NamedTuple

from pydantic_core import from_json, to_json

from shared.core.values import Record
from shared.distribution.domain.entries import Entry
from shared.distribution.domain.lines import Sums, del_line, end_line, line, put_line
from shared.distribution.domain.packages import Form, FormName, Part, TableSums
from shared.distribution.index.reading import PAGE_SIZE
from shared.ports.packages import Packages, name_of

MAX_ROWS: Final = 50_000 - PAGE_SIZE  # of a part; it is written when a page was added
MAX_RAW_BYTES: Final = 24 * 1024 * 1024  # of the lines of a part, before they are compressed
MAX_BYTES: Final = 8 * 1024 * 1024  # of a part
LEVEL: Final = 6
GZIP: Final = 31  # window bits of zlib for the format of gzip, without a time in its header
Key = tuple[str, str]


class Line(NamedTuple):
    """A line of a row; `version` and `hash` are those that the row is counted with."""

    key: Key
    text: bytes
    is_put: bool
    version: int
    hash: str


class WrittenForm(Record):
    """A form as far as it is written: what another builder needs to go on with it.

    `late` is packed: a company that is edited while its packages are built has many of them.
    """

    parts: tuple[Part, ...]
    puts: int
    dels: int
    sums: dict[str, TableSums]
    late: str


@dataclass
class FormWriter:
    """One form. `place` is the folder of the package, and `token` what nobody else writes under.

    A row that is changed while the package is built comes again. It is written once, as it was
    the last time: `late` names the rows that an earlier part may have, too, and the first part
    that may have the last one.
    """

    form: FormName
    place: tuple[str, ...]
    token: str
    packages: Packages
    sums: Sums = field(default_factory=Sums)
    parts: list[Part] = field(default_factory=list)
    puts: int = 0
    dels: int = 0
    late: dict[Key, int] = field(default_factory=dict)
    pending: dict[Key, Line] = field(default_factory=dict)
    raw_bytes: int = 0
    names: int = 0
    max_rows: int = MAX_ROWS

    def go_on(self, written: WrittenForm) -> None:
        """Go on where another builder was."""
        self.parts = list(written.parts)
        self.puts, self.dels = written.puts, written.dels
        self.sums = Sums.of_tables(written.sums)
        self.late = {(table, key): part for table, key, part in _unpacked(written.late)}

    async def pause(self) -> WrittenForm:
        """Write what is pending, and return what another builder needs to go on."""
        if self.pending:
            await self._flush()
        late = [(table, key, part) for (table, key), part in self.late.items()]
        sums = {table: self.sums.of(table) for table in tuple(self.sums.rows)}
        return WrittenForm(
            parts=tuple(self.parts), puts=self.puts, dels=self.dels, sums=sums, late=_packed(late)
        )

    @property
    def is_due(self) -> bool:
        """Return whether there is enough for a part."""
        return len(self.pending) >= self.max_rows or self.raw_bytes >= MAX_RAW_BYTES

    def add(self, entry: Entry, *, is_there: bool, is_late: bool) -> None:
        """Add what became of a row; a full form says nothing of what is gone."""
        key = (entry.table, entry.key)
        if former := self.pending.pop(key, None):
            self._count(former, -1)
        if is_late:
            self.late[key] = len(self.parts)
        if not is_there and self.form == "full":
            return
        text = put_line(entry) if is_there else del_line(entry)
        added = Line(key, text, is_there, entry.version, entry.hash)
        self.pending[key] = added
        self._count(added, 1)

    @property
    def is_empty(self) -> bool:
        return not (self.puts or self.dels)

    async def finish(self, header: Mapping[str, Any], tables: Sequence[str]) -> Form:
        """Return the form, with its first and its last line: both are known only now."""
        rows = [await self._without_superseded(number) for number in range(len(self.parts))]
        first, last = line(header), [one.text for one in self.pending.values()]
        end = end_line(self.puts, self.dels)
        if rows:
            parts = [await self._put([first], 0), *rows, await self._put([*last, end], len(last))]
        else:
            parts = [await self._put([first, *last, end], len(last))]
        numbered = tuple(
            part.model_copy(update={"number": number}) for number, part in enumerate(parts, 1)
        )
        return Form(
            parts=numbered,
            puts=self.puts,
            dels=self.dels,
            bytes=sum(part.bytes for part in numbered),
            digest=await self._digest(numbered),
            sums={table: self.sums.of(table) for table in tables} if self.form == "full" else {},
        )

    def _count(self, one: Line, times: int) -> None:
        if one.is_put:
            self.puts += times
            self.sums.add(one.key, one.version, one.hash, times=times)
        else:
            self.dels += times
        self.raw_bytes += times * len(one.text)

    async def _flush(self) -> None:
        """Write a part of what is pending, or several where it does not compress well."""
        lines = [one.text for one in self.pending.values()]
        self.pending.clear()
        self.raw_bytes = 0
        await self._write(lines)

    async def _write(self, lines: Sequence[bytes]) -> None:
        content = _compressed(lines)
        if len(content) > MAX_BYTES and len(lines) > 1:
            await self._write(lines[: len(lines) // 2])
            await self._write(lines[len(lines) // 2 :])
            return
        self.parts.append(await self._put_content(content, len(lines)))

    async def _without_superseded(self, number: int) -> Part:
        """Return the part without the rows that a later one has, too."""
        part = self.parts[number]
        superseded = {key for key, later in self.late.items() if later > number}
        if not superseded:
            return part
        content = await self.packages.read(part.name, 0, part.bytes)
        lines = zlib.decompress(content, GZIP).splitlines(keepends=True)
        kept = [text for text in lines if not self._is_superseded(text, superseded)]
        return part if len(kept) == len(lines) else await self._put(kept, len(kept))

    def _is_superseded(self, text: bytes, superseded: set[Key]) -> bool:
        body = from_json(text)
        key = (body["table"], body["key"])
        if key not in superseded:
            return False
        former = Line(key, b"", body["op"] == "put", body["version"], body.get("hash", ""))
        self._count(former, -1)
        return True

    async def _put(self, lines: Sequence[bytes], rows: int) -> Part:
        return await self._put_content(_compressed(lines), rows)

    async def _put_content(self, content: bytes, rows: int) -> Part:
        self.names += 1
        name = name_of(*self.place, file=f"{self.form}-{self.token}-{self.names}.ndjson.gz")
        await self.packages.put(name, content)
        digest = sha256(content).hexdigest()
        return Part(number=self.names, name=name, bytes=len(content), rows=rows, digest=digest)

    async def _digest(self, parts: Sequence[Part]) -> str:
        if len(parts) == 1:
            return parts[0].digest
        digest = sha256()
        for part in parts:
            digest.update(await self.packages.read(part.name, 0, part.bytes))
        return digest.hexdigest()


def _compressed(lines: Sequence[bytes]) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    return packer.compress(b"".join(lines)) + packer.flush()


def _packed(late: Sequence[tuple[str, str, int]]) -> str:
    return b85encode(zlib.compress(to_json(late))).decode()


def _unpacked(late: str) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = from_json(zlib.decompress(b85decode(late)))
    return found
