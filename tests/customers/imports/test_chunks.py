"""Imports whose host is away for a while, with the time given as a value."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from local.folder import Folder
from local.store import SqliteDocuments
from shared.customers.imports.documents import import_jobs
from shared.customers.imports.imports import start_import
from shared.customers.imports.working import create_next_customers
from tests.api import COMPANY

LINE = b'{"storeNumber": "HOUSTON", "lastName": "Patient"}'
DAY = 86400.0


async def test_an_import_waits_as_long_as_it_must_and_is_kept_a_week(
    configured: Path, tmp_path: Path
) -> None:
    folder = Folder(shutil.copytree(configured, tmp_path / "data"))
    now = [datetime.now(UTC).timestamp()]
    documents = SqliteDocuments(folder.database, clock=lambda: now[0])
    context = folder.backend(documents).context(COMPANY, "application:test", datetime.now(UTC))
    started = await start_import(LINE, store_number=None, context=context)

    jobs = import_jobs(started.id, documents)

    now[0] += 30 * DAY
    waiting = await jobs.load(started.id)
    assert waiting is not None
    assert waiting.value == started, "nobody came for a month"
    assert not await create_next_customers(started, context=context)
    done = await jobs.load(started.id)
    now[0] += 6 * DAY
    kept = await jobs.load(started.id)
    now[0] += 2 * DAY
    gone = await jobs.load(started.id)
    documents.close()

    assert done is not None
    assert (done.value.status, done.value.count("created")) == ("Completed", 1)
    assert kept == done
    assert gone is None
