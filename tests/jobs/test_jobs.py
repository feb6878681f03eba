"""Jobs on the real store: created, worked through, counted once."""

import asyncio
from collections.abc import Sequence

import pytest

from local.store import SqliteDocuments
from shared.composition.metered import Metered
from shared.core.evolve import evolve
from shared.jobs.work import work_through
from shared.ports.changes import Lagging as NotReached
from shared.ports.documents import Create, Document, Documents, Operation, Partition
from tests.jobs.scenes import (
    CHUNKS,
    NOW,
    a_count,
    finish,
    header,
    items,
    jobs_in,
    writing,
)


class Died(BaseException):
    """The process is gone."""


class Crashing(Metered):
    """A store in front of which the process dies, before or after a commit."""

    def __init__(self, documents: Documents, commit: int, *, after: bool) -> None:
        super().__init__(documents)
        self.left = commit
        self.after = after

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        self.left -= 1
        if self.left < 0 and not self.after:
            raise Died
        etags = await super().commit(container, partition, operations)
        if self.left < 0:
            raise Died
        return etags


class Lagging(Metered):
    """A replica that knows the first version of a header, and of everything else the newest."""

    header: Document | None = None

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        document = await super().read(container, partition, document_id)
        if not document_id.startswith("count:"):
            return document
        self.header = self.header or document
        return self.header


async def test_every_chunk_is_applied_and_counted(documents: SqliteDocuments) -> None:
    jobs = jobs_in(documents)
    await documents.commit("requests", jobs.partition, [Create({"id": "running:1"})])
    created = await jobs.create(a_count(), CHUNKS)
    first = await work_through(jobs, a_count(), writing(jobs), now=NOW)
    between = await header(jobs)
    running = await documents.read("requests", jobs.partition, "running:1")
    done = await finish(jobs)

    assert first
    assert created.value == a_count()
    assert (between.chunks_done, between.counts, between.over) == (1, {"written": 3}, False)
    assert running, "what is written at the end is not written before"
    assert (done.status, done.chunks_done, done.counts) == ("Completed", 3, {"written": 7})
    assert await documents.read("requests", jobs.partition, "running:1") is None
    assert await items(jobs) == set(range(1, 8))
    assert not await work_through(jobs, a_count(), writing(jobs), now=NOW)
    with pytest.raises(NotReached):
        await work_through(jobs, evolve(a_count(), id="unknown"), writing(jobs), now=NOW)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("commit", range(12))
async def test_who_dies_at_any_write_loses_nothing_and_does_nothing_twice(
    documents: SqliteDocuments, commit: int, after: bool
) -> None:
    dying = jobs_in(Crashing(documents, commit, after=after))

    async def die() -> None:
        await dying.create(a_count(), CHUNKS)
        await finish(dying)

    with pytest.raises(Died):
        await die()
    jobs = jobs_in(documents)
    await jobs.create(a_count(), CHUNKS)
    done = await finish(jobs)

    assert (done.status, done.counts, done.set_aside) == ("Completed", {"written": 7}, ())
    assert await items(jobs) == set(range(1, 8))


async def test_no_header_is_there_before_its_chunks(documents: SqliteDocuments) -> None:
    dying = jobs_in(Crashing(documents, 1, after=False))
    with pytest.raises(Died):
        await dying.create(a_count(), CHUNKS)

    assert await dying.load("1") is None
    assert await dying.load_chunk(a_count(), 3)


async def test_two_workers_count_each_chunk_once(documents: SqliteDocuments) -> None:
    jobs = jobs_in(documents)
    chunks = [[number] for number in range(1, 21)]
    await jobs.create(a_count(chunks=chunks), chunks)
    both = await asyncio.gather(finish(jobs), finish(jobs))

    assert {done.status for done in both} == {"Completed"}
    assert (await header(jobs)).counts == {"written": 20}
    assert (await header(jobs)).set_aside == ()


async def test_a_worker_whose_replica_lags_behind_counts_nothing_twice(
    documents: SqliteDocuments,
) -> None:
    jobs, lagging = jobs_in(documents), jobs_in(Lagging(documents))
    await jobs.create(a_count(), CHUNKS)
    for _ in range(3):
        assert await work_through(lagging, a_count(), writing(lagging), now=NOW)

    assert (await header(jobs)).chunks_done == 1
    assert (await finish(jobs)).counts == {"written": 7}


async def test_a_job_that_is_created_again_is_the_one_that_is_there(
    documents: SqliteDocuments,
) -> None:
    jobs = jobs_in(documents)
    several = await asyncio.gather(*(jobs.create(a_count(), CHUNKS) for _ in range(4)))
    await work_through(jobs, a_count(), writing(jobs), now=NOW)
    later = await jobs.create(a_count(), CHUNKS)
    done = await finish(jobs)
    again = await jobs.create(a_count(), CHUNKS)
    chunk = await jobs.load_chunk(done, 1)

    assert len({created.etag for created in several}) == 1
    assert later.value.chunks_done == 1
    assert again.value == done
    assert chunk is not None
    assert chunk.value.content is None, "it is not written again"


async def test_chunks_that_are_there_already_do_not_keep_out_the_others(
    documents: SqliteDocuments,
) -> None:
    jobs = jobs_in(documents)
    await jobs.create_chunks(a_count(), CHUNKS[:1])
    await jobs.create(a_count(), CHUNKS)

    assert (await finish(jobs)).counts == {"written": 7}


async def test_chunks_are_written_in_commits_that_the_store_takes(
    documents: SqliteDocuments,
) -> None:
    many = [[number] for number in range(1, 251)]
    large = ["x" * 900_000 for _ in range(5)]
    jobs = jobs_in(documents)
    await jobs.create(a_count("many", many), many)
    await jobs.create_chunks(evolve(a_count("large"), chunks=5), large)
    done = await finish(jobs, "many")

    assert done.counts == {"written": 250}
    assert await jobs.load_chunk(a_count("large"), 5)
