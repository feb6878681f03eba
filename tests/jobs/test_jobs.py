"""Jobs on the real store: nothing lost, nothing double, and what fails stays by itself."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from local.store import SqliteDocuments
from shared.composition.metered import Metered
from shared.core.errors import AlreadyExists, NotFound, Unavailable
from shared.core.evolve import evolve
from shared.jobs.documents import JobKind, Jobs
from shared.jobs.domain.jobs import MIN_ATTEMPTS, PATIENCE, Job
from shared.jobs.work import Applied, Apply, Attempt, side_by_side, work_through, work_through_all
from shared.ports.documents import Create, Document, Documents, Operation, Partition, Remove

NOW = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
DAY = 86400.0
PERSONAL = "Karen Berg is not there"
CHUNKS = [[1, 2, 3], [4, 5, 6], [7]]


class Count(Job):
    """Numbers that are written down, each once."""

    status: Literal["Running", "Completed"] = "Running"

    @property
    def running(self) -> bool:
        return self.status == "Running"

    def after_last_chunk(self, now: datetime) -> "Count":
        return evolve(self, status="Completed", ended_at=now)


COUNTS = JobKind(
    model=Count,
    container="requests",
    header_type="count",
    header_id="count:{id}",
    chunk_type="count-chunk",
    chunk_id="count-chunk:{batch}:{number:05d}",
    retention_seconds=7 * 86400,
    at_end=lambda job: [Remove(f"running:{job.id}")],
)


def a_count(job_id: str = "1", chunks: Sequence[Sequence[int]] = CHUNKS) -> Count:
    return Count(
        id=job_id,
        legal_entity="USRT",
        batch=job_id,
        total=sum(len(chunk) for chunk in chunks),
        chunks=len(chunks),
        created_at=NOW,
        created_by="application:test",
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


class HeadersAway(Metered):
    """A store that does not answer for the headers of jobs."""

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        if document_id.startswith("count:"):
            raise Unavailable("the store is away")
        return await super().read(container, partition, document_id)


class Lagging(Metered):
    """A replica that knows the first version of a header, and of everything else the newest."""

    header: Document | None = None

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        document = await super().read(container, partition, document_id)
        if not document_id.startswith("count:"):
            return document
        self.header = self.header or document
        return self.header


class Clock:
    def __init__(self) -> None:
        self.time = NOW.timestamp()

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def documents(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteDocuments]:
    documents = SqliteDocuments(tmp_path / "jobs.db", clock=clock)
    yield documents
    documents.close()


def jobs_in(documents: Documents, partition: str = "counts") -> Jobs[Count]:
    return Jobs(COUNTS, (partition,), documents)


def writing(jobs: Jobs[Count], fail: Callable[[Attempt], None] = lambda _: None) -> Apply[Count]:
    """Return what writes each number down, and knows those that it wrote before."""

    async def write(number: int) -> str:
        marker = Create({"id": f"item:{number}", "type": "item"})
        with suppress(AlreadyExists):
            await jobs.documents.commit("requests", jobs.partition, [marker])
        return "written"

    async def apply(_: Count, attempt: Attempt) -> Applied:
        fail(attempt)
        outcomes = await side_by_side(attempt.content, write, at_once=2)
        return Applied({"written": len(outcomes)})

    return apply


async def finish(jobs: Jobs[Count], job_id: str = "1", apply: Apply[Count] | None = None) -> Count:
    while await work_through(jobs, job_id, apply or writing(jobs), now=NOW):
        pass
    return await header(jobs, job_id)


async def header(jobs: Jobs[Count], job_id: str = "1") -> Count:
    stored = await jobs.load(job_id)
    assert stored is not None
    return stored.value


async def items(jobs: Jobs[Count]) -> set[int]:
    found = [
        number
        for number in range(1, 400)
        if await jobs.documents.read("requests", jobs.partition, f"item:{number}")
    ]
    return set(found)


async def test_every_chunk_is_applied_and_counted(documents: SqliteDocuments) -> None:
    jobs = jobs_in(documents)
    await documents.commit("requests", jobs.partition, [Create({"id": "running:1"})])
    created = await jobs.create(a_count(), CHUNKS)
    first = await work_through(jobs, "1", writing(jobs), now=NOW)
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
    assert not await work_through(jobs, "1", writing(jobs), now=NOW)
    assert not await work_through(jobs, "unknown", writing(jobs), now=NOW)


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
        assert await work_through(lagging, "1", writing(lagging), now=NOW)

    assert (await header(jobs)).chunks_done == 1
    assert (await finish(jobs)).counts == {"written": 7}


async def test_a_job_that_is_created_again_is_the_one_that_is_there(
    documents: SqliteDocuments,
) -> None:
    jobs = jobs_in(documents)
    several = await asyncio.gather(*(jobs.create(a_count(), CHUNKS) for _ in range(4)))
    await work_through(jobs, "1", writing(jobs), now=NOW)
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


def broken(attempt: Attempt) -> None:
    if 5 in attempt.content:
        raise ZeroDivisionError(PERSONAL)


def refusing(attempt: Attempt) -> None:
    if 5 in attempt.content:
        raise NotFound(PERSONAL)


@pytest.mark.parametrize(("fail", "code"), [(broken, "internal"), (refusing, "not-found")])
async def test_a_poison_chunk_is_set_aside_and_the_rest_goes_on(
    documents: SqliteDocuments,
    caplog: pytest.LogCaptureFixture,
    fail: Callable[[Attempt], None],
    code: str,
) -> None:
    jobs = jobs_in(documents)
    await jobs.create(a_count(), CHUNKS)
    with caplog.at_level(logging.ERROR):
        done = await finish(jobs, apply=writing(jobs, fail))
    [aside] = done.set_aside
    chunk = await jobs.load_chunk(done, 2)

    assert (done.status, done.counts) == ("Completed", {"written": 4})
    assert (aside.chunk, aside.code, aside.at) == (2, code, NOW)
    assert aside.reference in caplog.text
    assert fail.__name__ in caplog.text, "the trace is logged"
    assert "Karen" not in caplog.text + done.model_dump_json()
    assert chunk is not None
    assert chunk.value.content == [4, 5, 6], "it can be looked at"
    assert await items(jobs) == {1, 2, 3, 7}


async def test_a_result_that_no_commit_holds_is_set_aside(documents: SqliteDocuments) -> None:
    jobs = jobs_in(documents)
    await jobs.create(a_count(), CHUNKS)

    async def apply(_: Count, attempt: Attempt) -> Applied:
        return Applied({"written": 1}, "x" * 3_000_000 if 5 in attempt.content else None)

    done = await finish(jobs, apply=apply)

    assert [aside.code for aside in done.set_aside] == ["too-large"]
    assert (done.status, done.counts) == ("Completed", {"written": 2})


async def test_who_waits_for_a_dependency_holds_up_nobody_and_is_set_aside_in_the_end(
    documents: SqliteDocuments,
) -> None:
    waiting, other = jobs_in(documents, "waiting"), jobs_in(documents, "other")
    for jobs in (waiting, other):
        await jobs.create(a_count(), CHUNKS)
    lasts: list[bool] = []

    def away(attempt: Attempt) -> None:
        if 5 in attempt.content:
            lasts.append(attempt.last)
            raise Unavailable("the other store is away")

    async def feed(now: datetime) -> None:
        await work_through_all(
            [
                lambda: work_through(waiting, "1", writing(waiting, away), now=now),
                lambda: work_through(other, "1", writing(other), now=now),
            ]
        )

    position = (await documents.changes("requests", None, 100)).position
    await feed(NOW)
    changed = (await documents.changes("requests", position, 100)).documents
    first = await header(waiting)
    assert (await header(other)).status == "Completed"
    assert (first.chunks_done, first.attempts, first.give_up_at) == (1, 1, NOW + PATIENCE)
    assert 1 in [document.body.get("attempts") for document in changed], "the feed brings it again"
    await feed(NOW + PATIENCE)
    assert (await header(waiting)).set_aside == (), "it was not tried often enough"
    for _ in range(MIN_ATTEMPTS - 2):
        await feed(NOW + PATIENCE - timedelta(seconds=1))
    assert (await header(waiting)).set_aside == (), "it was not tried long enough"
    await feed(NOW + PATIENCE)
    done = await header(waiting)

    assert [(aside.chunk, aside.code) for aside in done.set_aside] == [(2, "unavailable")]
    assert (done.status, done.counts, done.attempts) == ("Completed", {"written": 4}, 0)
    assert lasts == [False] * MIN_ATTEMPTS + [True]


async def test_a_dependency_that_answers_again_is_waited_for(documents: SqliteDocuments) -> None:
    jobs = jobs_in(documents)
    await jobs.create(a_count(), CHUNKS)
    failures = iter([True, True])

    def away(_: Attempt) -> None:
        if next(failures, False):
            raise Unavailable("the other store is away")

    for _ in range(2):
        assert not await work_through(jobs, "1", writing(jobs, away), now=NOW)
    done = await finish(jobs, apply=writing(jobs, away))

    assert (done.status, done.counts) == ("Completed", {"written": 7})
    assert (done.attempts, done.give_up_at, done.set_aside) == (0, None, ())


async def test_a_chunk_that_is_gone_is_set_aside(documents: SqliteDocuments) -> None:
    jobs = jobs_in(documents)
    await jobs.create(a_count(), CHUNKS)
    await documents.commit("requests", jobs.partition, [Remove("count-chunk:1:00002")])
    now = NOW
    while (await header(jobs)).running:
        await work_through(jobs, "1", writing(jobs), now=now)
        now += PATIENCE / 2

    assert [aside.code for aside in (await header(jobs)).set_aside] == ["chunk-missing"]
    assert (await header(jobs)).counts == {"written": 4}


async def test_a_store_that_is_away_makes_the_feed_come_again(documents: SqliteDocuments) -> None:
    away, other = jobs_in(HeadersAway(documents), "away"), jobs_in(documents, "other")
    for jobs in (jobs_in(documents, "away"), other):
        await jobs.create(a_count(), CHUNKS)

    with pytest.raises(Unavailable):
        await work_through_all(
            [
                lambda: work_through(away, "1", writing(away), now=NOW),
                lambda: work_through(other, "1", writing(other), now=NOW),
            ]
        )

    assert (await header(other)).status == "Completed", "it was not stopped"
    assert (await header(jobs_in(documents, "away"))).chunks_done == 0


async def test_a_header_that_cannot_be_read_stops_nobody(
    documents: SqliteDocuments, caplog: pytest.LogCaptureFixture
) -> None:
    odd, other = jobs_in(documents, "odd"), jobs_in(documents, "other")
    await other.create(a_count(), CHUNKS)
    body = COUNTS.header_document(a_count()) | {"total": "Karen Berg"}
    await documents.commit("requests", odd.partition, [Create(body)])
    await work_through_all(
        [
            lambda: work_through(odd, "1", writing(odd), now=NOW),
            lambda: work_through(other, "1", writing(other), now=NOW),
        ]
    )

    assert (await header(other)).status == "Completed"
    assert "ValidationError" in caplog.text


async def test_a_job_waits_as_long_as_it_must_and_is_kept_for_its_time(
    documents: SqliteDocuments, clock: Clock
) -> None:
    jobs = jobs_in(documents)
    await jobs.create(a_count(), CHUNKS)
    clock.time += 80 * DAY
    done = await finish(jobs)
    clock.time += 6 * DAY
    kept = await jobs.load("1"), await jobs.load_chunk(done, 3)
    clock.time += 2 * DAY
    gone = await jobs.load("1"), await jobs.load_chunk(done, 3)

    assert done.status == "Completed"
    assert all(kept)
    assert not any(gone)


async def test_chunks_whose_header_never_came_go_by_themselves(
    documents: SqliteDocuments, clock: Clock
) -> None:
    jobs = jobs_in(documents)
    await jobs.create_chunks(a_count(), CHUNKS)
    clock.time += 91 * DAY

    assert await jobs.load_chunk(a_count(), 1) is None


async def test_what_is_done_side_by_side_is_over_when_one_of_it_fails() -> None:
    finished = []

    async def do(number: int) -> int:
        if number == 1:
            raise NotFound
        await asyncio.sleep(0.01)
        finished.append(number)
        return number

    with pytest.raises(NotFound):
        await side_by_side([1, 2, 3], do, at_once=3)

    assert finished == [2, 3]
    assert await side_by_side([4, 5], do, at_once=1) == [4, 5]
