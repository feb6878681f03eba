"""How often a caller may ask: a bucket for each, in the memory of an instance."""

import asyncio

import pytest

from local.tokens import Bearer
from shared.platform.buckets import MAX_CALLERS, Buckets
from tests.api import ADMINISTRATOR, APPLICATION, COMPANY, MANAGER, Api, an_address

ME, OTHER = ("USRT", "customer:1"), ("USRT", "customer:2")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_taken_and_comes_back_with_time() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    burst = [buckets.take(ME, 10, 3) for _ in range(5)]
    other = buckets.take(OTHER, 10, 3)
    clock.now += 0.1
    later = [buckets.take(ME, 10, 3) for _ in range(2)]
    clock.now += 60.0
    rested = [buckets.take(ME, 10, 3) for _ in range(4)]

    assert burst == [0.0, 0.0, 0.0, pytest.approx(0.1), pytest.approx(0.1)]
    assert other == 0.0
    assert later == [0.0, pytest.approx(0.1)]
    assert rested == [0.0, 0.0, 0.0, pytest.approx(0.1)]


def test_over_a_minute_it_is_the_rate_and_one_burst() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    taken = 0
    for _ in range(6_000):
        taken += buckets.take(ME, 10, 100) == 0.0
        clock.now += 0.01

    assert 695 <= taken <= 701


def test_without_a_rate_there_is_no_limit_and_nothing_is_kept() -> None:
    buckets = Buckets(Clock())

    assert [buckets.take(ME, 0, 0) for _ in range(1_000)] == [0.0] * 1_000
    assert buckets._tokens == {}


def test_callers_who_have_gone_take_no_memory() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    for number in range(3 * MAX_CALLERS):
        buckets.take(("USRT", f"customer:{number}"), 10, 100)
        clock.now += 0.001
    spent = [buckets.take(ME, 1, 2) for _ in range(3)]
    for number in range(MAX_CALLERS):
        buckets.take(("AB", f"customer:{number}"), 10, 100)
        clock.now += 0.000_01
    again = buckets.take(ME, 1, 2)

    assert len(buckets._tokens) <= MAX_CALLERS
    assert spent == [0.0, 0.0, 1.0]
    assert again > 0.0, "who is at the limit is not forgotten for others"


async def test_a_customer_who_asks_too_often_is_told_when_to_come_again(api: Api) -> None:
    made = await api.create()
    await api.set_parameters(customerRequestsASecond=1, customerRequestBurst=5)
    customer = Bearer("Customer", (COMPANY,), customer_id=made["id"])
    path = f"customers/{made['id']}/addresses"
    answers = [await api.post(path, an_address(), bearer=customer) for _ in range(8)]
    statuses = [one.status_code for one in answers]
    refused = answers[-1]
    kept = (await api.get(f"{path}?limit=100")).json()["items"]

    assert statuses[:5] == [201] * 5
    assert refused.status_code == 429
    assert refused.json()["code"] == "too-many-requests"
    assert int(refused.headers["Retry-After"]) >= 1
    assert len(kept) == statuses.count(201) < 8


async def test_others_are_not_held_up_by_it(api: Api) -> None:
    await api.set_parameters(employeeRequestsASecond=1, employeeRequestBurst=2)
    mine = [await api.get("me", bearer=MANAGER) for _ in range(6)]
    colleague = Bearer("Employee", (COMPANY,), personnel_number="000137", store_number="HOUSTON")
    others = [
        (await api.get("me", bearer=bearer)).status_code
        for bearer in (colleague, APPLICATION, ADMINISTRATOR)
    ]

    assert 429 in {one.status_code for one in mine}
    assert others == [200, 200, 200]


async def test_applications_and_head_office_have_no_limit_at_first(api: Api) -> None:
    answers = await asyncio.gather(
        *(api.get("me", bearer=bearer) for bearer in (APPLICATION, ADMINISTRATOR) * 150)
    )

    assert {one.status_code for one in answers} == {200}
