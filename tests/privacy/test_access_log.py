"""Who looked at a customer: noted by requests, written behind them, kept apart from logs."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from local.tokens import Bearer
from shared.composition import wiring
from shared.composition.metered import Metered
from shared.core.errors import Unavailable
from shared.ports.documents import Operation, Partition
from shared.ports.telemetry import NoTelemetry
from shared.privacy.accesses.documents import Access
from shared.privacy.accesses.log import AccessLog, Visitor
from shared.privacy.accesses.watch import HOUR_SECONDS, Watch
from tests.api import ADMINISTRATOR, APPLICATION, COMPANY, MANAGER, Api, an_address
from tests.waiting import eventually

ACROSS_THE_TILL = Bearer(
    "Employee", (COMPANY,), personnel_number="000160", store_number="HOUSTON", till="till-7"
)
WHAT = ("actor", "till", "operation", "result")


async def log_of(api: Api, key: str, query: str = "") -> list[dict[str, Any]]:
    await wiring.backend().access_log.flush()
    answer = await api.get(f"customers/{key}/access-log{query}", bearer=ADMINISTRATOR)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_it_says_who_asked_for_the_customer_newest_first(api: Api) -> None:
    made = await api.create()
    path = f"customers/{made['accountNumber']}"
    await api.get(path, bearer=ACROSS_THE_TILL)
    await asyncio.sleep(0.002)
    await api.post(f"{path}/addresses", an_address(), bearer=MANAGER)
    await asyncio.sleep(0.002)
    refused = await api.call("PATCH", path, {"status": "x"}, bearer=MANAGER, if_match="*")
    await asyncio.sleep(0.002)
    await api.get(f"{path}/holds", bearer=ADMINISTRATOR)
    found = await log_of(api, made["id"])

    assert refused.status_code == 422
    assert [tuple(one[name] for name in WHAT) for one in found] == [
        ("administrator:ada", None, "list_holds", 200),
        ("employee:000160", None, "add_address", 201),
        ("employee:000160", "till-7", "get_customer", 200),
        ("application:web", None, "create_customer", 201),
    ]
    assert all(one["at"] > after["at"] for one, after in pairwise(found))


async def test_to_look_at_the_log_is_kept_too(api: Api) -> None:
    made = await api.create()
    await log_of(api, made["id"])
    newest = (await log_of(api, made["id"]))[0]

    assert (newest["actor"], newest["operation"]) == ("administrator:ada", "get_access_log")


async def test_it_comes_in_pages(api: Api) -> None:
    made = await api.create()
    for number in range(7):
        await api.get(
            f"customers/{made['id']}",
            bearer=Bearer("Application", (COMPANY,), subject=f"a-{number}"),
        )
    whole = await log_of(api, made["id"], "?limit=100")
    paged = await api.every(f"customers/{made['id']}/access-log?limit=3", bearer=ADMINISTRATOR)

    assert len(whole) == 8
    assert [one for one in paged if one["operation"] != "get_access_log"] == whole


async def test_it_shows_by_itself(api: Api) -> None:
    made = await api.create()
    before = wiring.backend().access_log
    await api.get(f"customers/{made['id']}", bearer=MANAGER)

    async def shown() -> bool:
        where = wiring.backend().context(COMPANY, "x", datetime.now(UTC)).partition(made["id"])
        page = await api.documents.query("accesses", where)
        return any(one.body["operation"] == "get_customer" for one in page.documents)

    assert await eventually(10, shown)
    assert wiring.backend().access_log is before


async def test_customers_and_what_is_not_there_leave_nothing(api: Api) -> None:
    made = await api.create()
    nobody = "11111111-2222-4333-8444-555555555555"
    customer = Bearer("Customer", (COMPANY,), customer_id=made["id"])
    await api.get(f"customers/{made['id']}", bearer=customer)
    await api.get(f"customers/{nobody}", bearer=MANAGER)

    assert [one["operation"] for one in await log_of(api, made["id"])] == ["create_customer"]
    assert await log_of(api, nobody) == []


async def test_a_request_pays_nothing_for_it(api: Api) -> None:
    made = await api.create()
    answer = await api.get(f"customers/{made['id']}")
    await log_of(api, made["id"])
    again = await api.get(f"customers/{made['id']}")

    assert answer.headers["Server-Timing"] == again.headers["Server-Timing"]
    assert "commits=0" in again.headers["Server-Timing"]


class Away(Metered):
    """A store that takes nothing while it is away."""

    is_away = True

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        if self.is_away:
            raise Unavailable("the store is away")
        return await super().commit(container, partition, operations)


async def test_what_the_store_does_not_take_is_written_later(api: Api) -> None:
    made = await api.create()
    store = Away(api.documents)
    log = AccessLog(store, wiring.backend().configuration, NoTelemetry)
    actor, now = "employee:000160", datetime.now(UTC)
    access = Access(at=now, actor=actor, till=None, operation="get_customer", result=200)
    log.note(Visitor(COMPANY, actor), made["id"], access)
    await log.flush()
    lost = await _kept(api, made["id"])
    store.is_away = False
    await log.close()

    assert "get_customer" not in lost
    assert (await _kept(api, made["id"])).count("get_customer") == 1


async def _kept(api: Api, key: str) -> list[str]:
    where = wiring.backend().context(COMPANY, "x", datetime.now(UTC)).partition(key)
    return [one.body["operation"] async for one in api.documents.all("accesses", where)]


async def test_it_holds_ids_alone_and_ends(api: Api) -> None:
    await api.set_parameters(accessLogDays=30)
    made = await api.create(lastName="Zwetschkenbaum")
    await api.get(f"customers/{made['id']}", bearer=MANAGER)
    await log_of(api, made["id"])
    where = wiring.backend().context(COMPANY, "x", datetime.now(UTC)).partition(made["id"])
    bodies = [one.body async for one in api.documents.all("accesses", where)]

    assert len(bodies) == 2
    assert {body["ttl"] for body in bodies} == {30 * 86_400}
    assert "Zwetschkenbaum" not in str(bodies)


async def test_an_export_says_who_without_the_number_of_the_employee(api: Api) -> None:
    made = await api.create()
    await api.get(f"customers/{made['id']}", bearer=ACROSS_THE_TILL)
    await log_of(api, made["id"])
    answer = await api.get(f"customers/{made['id']}/export", bearer=ADMINISTRATOR)
    found = answer.json()["sections"]["accesses"]

    assert {one["actor"] for one in found} == {"employee", "application"}
    assert "000160" not in str(found)


async def test_somebody_who_copies_the_customers_is_noticed(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    await api.set_parameters(customersAnHour=3)
    made = [await api.create() for _ in range(5)]
    log = wiring.backend().access_log

    async def told() -> list[str]:
        await log.flush()
        return [one.getMessage() for one in caplog.records if "within an hour" in one.getMessage()]

    caplog.set_level(logging.WARNING)
    for one in (*made[:3], made[0]):
        await api.get(f"customers/{one['id']}", bearer=MANAGER)
    few = await told()
    await api.get("customers?limit=10", bearer=APPLICATION)
    others = await told()
    await api.get("customers?limit=10", bearer=MANAGER)
    many = await told()
    await api.get(f"customers/{made[4]['id']}", bearer=MANAGER)

    assert (few, others) == ([], [])
    assert many == await told() != []
    assert many[0].startswith(f"{COMPANY}: employee:000160 has looked at ")


def test_each_hour_and_caller_is_counted_anew() -> None:
    now = [HOUR_SECONDS * 7]
    watch = Watch(clock=lambda: now[0])
    first = watch.see(("USRT", "a"), ["1", "2"])
    second = watch.see(("USRT", "a"), ["2", "3"])
    other = watch.see(("USRT", "b"), ["2"])
    now[0] += HOUR_SECONDS
    later = watch.see(("USRT", "a"), ["9"])

    assert (first, second, other, later) == ((0, 2), (2, 3), (0, 1), (0, 1))
