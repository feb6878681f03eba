"""Parts of a form: each row once, as it was last, whatever came again while it was written."""

import asyncio
import gzip
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from local.packages import FilePackages
from shared.distribution.building.writing import FormWriter, WrittenForm
from shared.distribution.domain.entries import Entry, gone, put
from shared.distribution.domain.lines import Sums
from shared.distribution.domain.packages import Form, FormName
from tests.distribution.index.simulation import NOW

TABLE = "titles"
FOLDER = ("USRT", "G", "1110", "1")
HEADER = {"kind": "package"}
changes = st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=40)


def entries_of(said: list[tuple[int, bool]]) -> list[tuple[Entry, bool]]:
    """Return entries by their numbers, and whether their row was told of before."""
    entries: list[tuple[Entry, bool]] = []
    seen: set[int] = set()
    for number, (key, is_there) in enumerate(said, start=1):
        entry = put(TABLE, f"{key}", {"at": number}, version=number, reach=("*",), now=NOW)
        entry = entry if is_there else gone(entry, version=number, now=NOW)
        entries.append((entry, key in seen))
        seen.add(key)
    return entries


async def written(
    form: FormName, entries: list[tuple[Entry, bool]], root: Path, max_rows: int
) -> tuple[Form, bytes]:
    packages = FilePackages(root)
    writer = FormWriter(form, FOLDER, "run", packages, max_rows=max_rows)
    for entry, is_late in entries:
        writer.add(entry, is_there=entry.row is not None, is_late=is_late)
        if writer.is_due:
            said = WrittenForm.model_validate_json((await writer.pause()).model_dump_json())
            writer = FormWriter(form, FOLDER, f"run{len(said.parts)}", packages, max_rows=max_rows)
            writer.go_on(said)
    made = await writer.finish(HEADER, (TABLE,))
    contents = [await packages.read(part.name, 0, part.bytes + 1) for part in made.parts]
    for part, content in zip(made.parts, contents, strict=True):
        assert (part.bytes, part.digest) == (len(content), sha256(content).hexdigest())
        gzip.decompress(content)  # each by itself
    return made, b"".join(contents)


def lines_of(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(text) for text in gzip.decompress(content).splitlines()]


@settings(derandomize=True, database=None, deadline=None, max_examples=150)
@given(changes, st.integers(1, 4), st.sampled_from(["delta", "full"]))
def test_each_row_is_there_once_as_it_was_last(
    tmp_path_factory: Any, said: list[tuple[int, bool]], max_rows: int, form: FormName
) -> None:
    entries = entries_of(said)
    made, content = asyncio.run(
        written(form, entries, tmp_path_factory.mktemp("packages"), max_rows)
    )
    first, *rows, last = lines_of(content)
    newest = {entry.key: entry for entry, _ in entries}
    puts = {key: entry for key, entry in newest.items() if entry.row}
    dels = {} if form == "full" else {key: one for key, one in newest.items() if not one.row}
    sums = Sums()
    for key, entry in puts.items():
        sums.add((TABLE, key), entry.version, entry.hash)

    assert first == HEADER
    assert last == {
        "kind": "end", "rows": len(puts) + len(dels), "puts": len(puts), "dels": len(dels),
    }  # fmt: skip
    assert {row["key"]: row["version"] for row in rows} == {
        key: entry.version for key, entry in (puts | dels).items()
    }
    assert len(rows) == len(puts) + len(dels)
    assert (made.puts, made.dels, made.bytes) == (len(puts), len(dels), len(content))
    assert made.digest == sha256(content).hexdigest()
    assert made.sums == ({TABLE: sums.of(TABLE)} if form == "full" else {})
    assert sum(part.rows for part in made.parts) == len(rows)
