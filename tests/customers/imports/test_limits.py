"""What bounds an import: its lines, what is kept of them, and how many there are at once."""

import base64
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.folder import Folder
from local.store import SqliteDocuments
from shared.context import Context
from shared.customers.domain.imports import MAX_AT_ONCE, MAX_REFUSED_KEPT, TooManyImports
from shared.customers.imports.at_once import STORING, take_place
from shared.customers.imports.imports import start_import
from shared.customers.imports.working import create_next_customers
from tests.api import COMPANY, Api, a_customer
from tests.customers.test_imports import NDJSON, finished, lines
from tests.waiting import eventually

LINE = b'{"storeNumber": "HOUSTON", "lastName": "Patient"}'


@pytest.fixture
async def context(configured: Path, tmp_path: Path) -> AsyncIterator[Context]:
    """Give the context of a company whose imports nobody works through."""
    folder = Folder(shutil.copytree(configured, tmp_path / "data"))
    documents = SqliteDocuments(folder.database)
    yield folder.backend(documents).context(COMPANY, "application:test", datetime.now(UTC))
    documents.close()


@pytest.mark.parametrize("operation", ["imports", "channels/HOUSTON/upload-sessions"])
@pytest.mark.parametrize("line", [b"\n", b" \n", b"1\n"])
async def test_too_many_lines_are_refused_before_any_work(
    api: Api, operation: str, line: bytes
) -> None:
    before = await api.documents.changes("requests", None, 1_000)
    answer = await api.post(operation, line * 100_001, **NDJSON)
    after = await api.documents.changes("requests", before.position, 1_000)

    assert (answer.status_code, answer.json()["code"]) == (413, "too-many-lines")
    assert {one.body["id"] for one in after.documents} <= {"answer", "relayed"}, (
        "nothing of it is stored"
    )


async def test_a_line_that_is_not_utf_8_is_refused_with_its_bytes(api: Api) -> None:
    broken = b'{"firstName": "Jos\xe9", "lastName": "Vega", "storeNumber": "HOUSTON"}'
    body = b"\xef\xbb\xbf" + lines(a_customer(firstName="Marked")) + b"\n" + broken
    started = await api.post("imports", body, **NDJSON)
    state = await finished(api, started.headers["Location"])

    assert (state["created"], state["refused"]) == (1, 1), "a byte order mark is no data"
    [flaw] = state["refusedLines"]["items"][0]["errors"]
    assert flaw["code"] == "not-utf-8"
    assert base64.b64decode(flaw["detail"].rpartition(" ")[2]) == broken


async def test_a_line_of_an_upload_that_is_not_utf_8_is_refused(api: Api) -> None:
    answer = await api.post("channels/HOUSTON/upload-sessions", b'{"type": "Jos\xe9"}', **NDJSON)

    async def refused() -> Any:
        items = (await api.get(answer.headers["Location"])).json()["operations"]["items"]
        return items[0]["problem"] if items else None

    problem = await eventually(10, refused)
    assert problem["errors"][0]["code"] == "not-utf-8"


async def test_of_many_refused_lines_the_first_are_kept(api: Api) -> None:
    count = MAX_REFUSED_KEPT + 200
    started = await api.post("imports", b"1\n" * count, **NDJSON)
    state = await finished(api, started.headers["Location"])
    kept, path = 0, f"{started.headers['Location']}?limit=100"
    while path:
        page = (await api.get(path)).json()["refusedLines"]
        kept += len(page["items"])
        cursor = page.get("nextCursor")
        path = f"{started.headers['Location']}?limit=100&cursor={cursor}" if cursor else ""

    assert state["refused"] == count
    assert kept == MAX_REFUSED_KEPT


async def test_a_company_has_few_imports_at_once(context: Context) -> None:
    started = [
        await start_import(LINE, store_number=None, context=context) for _ in range(MAX_AT_ONCE)
    ]
    with pytest.raises(TooManyImports):
        await start_import(LINE, store_number=None, context=context)
    await create_next_customers(started[1], context=context)
    await start_import(LINE, store_number=None, context=context)

    with pytest.raises(TooManyImports):
        await start_import(LINE, store_number=None, context=context)


async def test_an_import_that_was_not_stored_gives_its_place_back(context: Context) -> None:
    for number in range(MAX_AT_ONCE):
        await take_place(f"{number}", context)
        await take_place(f"{number}", context)
    with pytest.raises(TooManyImports):
        await take_place("one more", context)
    later = replace(context, now=context.now + STORING + timedelta(seconds=1))

    await take_place("one more", later)
