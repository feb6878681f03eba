"""Jobs on the real store whose chunks fail: set aside, waited for, come again."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from local.store import SqliteDocuments
from shared.composition.metered import Metered
from shared.core.concurrency import side_by_side
from shared.core.errors import NotFound, Unavailable
from shared.jobs.domain.jobs import MIN_ATTEMPTS, PATIENCE
from shared.jobs.work import Applied, Attempt, work_through, work_through_all
from shared.ports.documents import Create, Document, Partition, Remove
from tests.jobs.scenes import (
    CHUNKS,
    COUNTS,
    NOW,
    Clock,
    Count,
    a_count,
    finish,
    header,
    items,
    jobs_in,
    writing,
)

DAY = 86400.0


PERSONAL = "Karen Berg is not there"


class HeadersAway(Metered):
    """A store that does not answer for the headers of jobs."""

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        if document_id.startswith("count:"):
            raise Unavailable("the store is away")
        return await super().read(container, partition, document_id)


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
                lambda: work_through(waiting, a_count(), writing(waiting, away), now=now),
                lambda: work_through(other, a_count(), writing(other), now=now),
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
        assert not await work_through(jobs, a_count(), writing(jobs, away), now=NOW)
    done = await finish(jobs, apply=writing(jobs, away))

    assert (done.status, done.counts) == ("Completed", {"written": 7})
    assert (done.attempts, done.give_up_at, done.set_aside) == (0, None, ())


async def test_a_chunk_that_is_gone_is_set_aside(documents: SqliteDocuments) -> None:
    jobs = jobs_in(documents)
    await jobs.create(a_count(), CHUNKS)
    await documents.commit("requests", jobs.partition, [Remove("count-chunk:1:00002")])
    now = NOW
    while (await header(jobs)).running:
        await work_through(jobs, a_count(), writing(jobs), now=now)
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
                lambda: work_through(away, a_count(), writing(away), now=NOW),
                lambda: work_through(other, a_count(), writing(other), now=NOW),
            ]
        )

    assert (await header(other)).status == "Completed", "it was not stopped"
    assert (await header(jobs_in(documents, "away"))).chunks_done == 0


async def test_a_header_that_cannot_be_read_stops_nobody(documents: SqliteDocuments) -> None:
    odd, other = jobs_in(documents, "odd"), jobs_in(documents, "other")
    await other.create(a_count(), CHUNKS)
    body = COUNTS.header_document(a_count()) | {"total": "Karen Berg"}
    await documents.commit("requests", odd.partition, [Create(body)])
    with pytest.raises(ValidationError):
        await work_through_all(
            [
                lambda: work_through(odd, a_count(), writing(odd), now=NOW),
                lambda: work_through(other, a_count(), writing(other), now=NOW),
            ]
        )

    assert (await header(other)).status == "Completed"


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
