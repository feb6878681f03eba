"""Group commit: one thread writes, and all waiting writes share one fsync."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.store import schema
from shared.core.errors import Refusal
from shared.ports.documents import StoreUnavailable

MAX_JOBS = 512  # in one transaction
CACHE_KIB = 16_000

Work = Callable[[sqlite3.Connection], Any]


class StoreFailed(StoreUnavailable):
    """The file cannot grow, or cannot be read or written; nothing of the commit is stored."""


@dataclass(slots=True)
class Job:
    """Work for the writer thread, and the future for its result; `is_alone`: in no transaction."""

    work: Work
    guarded: bool
    lasting: bool
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None
    is_alone: bool = False


class Writer:
    def __init__(
        self,
        path: Path,
        *,
        create: Callable[[sqlite3.Connection], None] = schema.create,
        max_pages: int | None = None,
    ) -> None:
        """Open the file; `max_pages` limits its size, to simulate a full disk."""
        self._db = schema.connect(path, cache=CACHE_KIB)
        self._waits = True
        create(self._db)
        if max_pages:
            self._db.execute(f"PRAGMA max_page_count = {max_pages:d}")
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Work, *, guarded: bool = True, lasting: bool = True) -> Any:
        """Run the work inside a transaction; return its result once it is on the disk.

        A refusal undoes `guarded` work; other work remains as far as it was done. Work that need
        not be `lasting` may be lost in a power failure, with all that was written after it.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._jobs.put(Job(work, guarded, lasting, loop, future))
        # A canceled caller does not cancel its write: it may be on the disk already.
        return await asyncio.shield(future)

    async def empty_log(self) -> None:
        """Copy the log into the file and empty it. Raises StoreFailed while others read."""

        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        job = Job(_checkpoint, False, True, loop, future, is_alone=True)
        self._jobs.put(job)
        if await asyncio.shield(future):
            raise StoreFailed("The log of the store is in use.")

    def close(self) -> None:
        """Finish the waiting writes, then close the file."""
        self._jobs.put(None)
        self._thread.join()
        self._db.close()

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            jobs, ending = [first], False
            while len(jobs) < MAX_JOBS and not ending and not self._jobs.empty():
                job = self._jobs.get()
                ending = job is None
                jobs += [job] if job else []
            self._commit([job for job in jobs if not job.is_alone])
            for job in jobs:
                if job.is_alone:
                    self._run_alone(job)
            _announce(jobs)
            if ending:
                break

    def _run_alone(self, job: Job) -> None:
        try:
            job.result = job.work(self._db)
        except sqlite3.Error as exc:
            job.error = StoreFailed(f"The store cannot write now ({exc}).")

    def _commit(self, jobs: list[Job]) -> None:
        if not jobs:
            return
        try:
            self._wait_for_disk(any(job.lasting for job in jobs))
            self._db.execute("BEGIN IMMEDIATE")
            for job in jobs:
                self._attempt(job)
            self._db.execute("COMMIT")
        except sqlite3.Error as exc:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            for job in jobs:
                job.error = StoreFailed(f"The store cannot write now ({exc}).")

    def _wait_for_disk(self, wait: bool) -> None:
        """Have commits wait for the disk, or not. It gets them in their order in any case."""
        if wait != self._waits:
            self._db.execute(f"PRAGMA synchronous = {'FULL' if wait else 'NORMAL'}")
            self._waits = wait

    def _attempt(self, job: Job) -> None:
        """Run one job; only an error of the file itself fails the others, too."""
        if job.guarded:
            self._db.execute("SAVEPOINT job")
        try:
            job.result = job.work(self._db)
        except (Refusal, ValueError) as exc:
            job.error = exc
            if job.guarded:
                self._db.execute("ROLLBACK TO job")
        if job.guarded:
            self._db.execute("RELEASE job")


def _checkpoint(db: sqlite3.Connection) -> bool:
    """Copy the log into the file and empty it; return whether others were in the way."""
    [is_busy, *_] = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return bool(is_busy)


def _announce(jobs: list[Job]) -> None:
    """Wake each event loop once for all of its jobs: waking costs more than a small write."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        loops.setdefault(job.loop, []).append(job)
    for loop, loop_jobs in loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_set_results, loop_jobs)


def _set_results(jobs: list[Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
