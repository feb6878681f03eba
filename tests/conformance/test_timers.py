"""Timers and retries, as the real host was seen to treat them."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import azure.functions as func
import pytest

from local.folder import Folder
from local.host import timers
from local.host.app import Host
from local.host.functions import Function, read_functions
from local.store import SqliteDocuments
from shared.ports.documents import Documents, Put
from tests.waiting import eventually

LONG_AGO = datetime.now(UTC) - timedelta(days=3)


class Boom(Exception):
    """What a function fails with."""


def a_timer(schedule: str, seen: list[bool], *, use_monitor: bool = True) -> func.FunctionApp:
    app = func.FunctionApp()

    @app.timer_trigger(schedule=schedule, arg_name="tick", use_monitor=use_monitor)
    async def look(tick: func.TimerRequest) -> None:
        seen.append(tick.past_due)

    return app


async def ran(
    app: func.FunctionApp, folder: Folder, *, last: datetime | None, makes_up: bool = False
) -> None:
    """Let a host serve the timer for a moment that was due last at that time.

    With `makes_up` the moment lasts until what was missed is made up for.
    """
    documents = SqliteDocuments(folder.database)
    if last:
        body = {"id": "timer look", "last": last.isoformat()}
        await documents.commit("leases", ("timer look",), [Put(body)])
    documents.close()
    async with Host(app, folder, makes_up=True).running() as store:
        await asyncio.sleep(0.4)
        if makes_up:
            await eventually(20, partial(is_noted, store, last))


async def is_noted(documents: Documents, before: datetime | None) -> bool:
    noted = await documents.read("leases", ("timer look",), "timer look")
    return bool(noted and noted.body["last"] != (before and before.isoformat()))


@pytest.mark.parametrize(
    ("schedule", "use_monitor", "last", "expected"),
    [
        ("0 0 3 * * *", True, LONG_AGO, [True]),
        ("0 */5 * * * *", True, LONG_AGO, [True]),
        ("0 0 3 * * *", True, None, []),
        ("0 0 3 * * *", False, LONG_AGO, []),
        ("0 0 3 1 1 *", True, datetime.now(UTC) + timedelta(days=1), []),
    ],
    ids=["a day", "minutes", "never before", "no monitor", "not missed"],
)
async def test_what_was_missed_is_made_up_for_by_one_call(
    folder: Folder,
    schedule: str,
    use_monitor: bool,
    last: datetime | None,
    expected: list[bool],
) -> None:
    seen: list[bool] = []
    app = a_timer(schedule, seen, use_monitor=use_monitor)
    await ran(app, folder, last=last, makes_up=bool(expected))
    once = [is_late for is_late in seen if is_late]  # it may be due at this very moment, too
    await ran(app, folder, last=None)

    assert once == expected
    assert [is_late for is_late in seen if is_late] == expected, "and not again at the next start"


async def test_a_timer_of_seconds_has_no_monitor(folder: Folder) -> None:
    seen: list[bool] = []
    await ran(a_timer("*/1 * * * * *", seen), folder, last=LONG_AGO)

    assert True not in seen


def test_a_timer_that_never_ran_says_so_as_the_host_does() -> None:
    payload = timers.payload(None, None)

    assert "0001-01-01" in str(payload.value)


async def a_function(app: func.FunctionApp) -> Function:
    [function] = read_functions(app, {})
    return function


@pytest.mark.parametrize(("count", "tries"), [("2", 3), ("0", 1)])
async def test_a_retry_policy_holds_for_timers_and_for_http(count: str, tries: int) -> None:
    seen: list[str] = []
    app, other = func.FunctionApp(), func.FunctionApp()

    @app.retry(strategy="fixed_delay", max_retry_count=count, delay_interval="00:00:00")
    @app.timer_trigger(schedule="0 0 3 * * *", arg_name="tick")
    async def look(tick: func.TimerRequest) -> None:
        del tick
        seen.append("timer")
        raise Boom

    @other.retry(strategy="fixed_delay", max_retry_count=count, delay_interval="00:00:00")
    @other.route("x", auth_level=func.AuthLevel.ANONYMOUS)
    async def answer(req: func.HttpRequest) -> None:
        del req
        seen.append("http")
        raise Boom

    for one in (app, other):
        function = await a_function(one)
        with pytest.raises(Boom):
            await function.invoke_patiently(None)

    assert seen == ["timer"] * tries + ["http"] * tries
