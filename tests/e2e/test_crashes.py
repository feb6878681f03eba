"""The process ends at exactly the moments where something could be lost or done twice."""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.api import BASE, a_customer
from tests.e2e.hosts.faulty import FaultyHost


@pytest.fixture
def host(configured: Path, tmp_path: Path) -> Iterator[FaultyHost]:
    host = FaultyHost(Path(shutil.copytree(configured, tmp_path / "data")))
    yield host
    host.stop()


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        ("relay_events:before", ("PendingSync", 1)),
        ("relay_events:after", ("PendingSync", 1)),
        ("synchronize_customer:before", ("PendingSync", 1)),
        ("synchronize_customer:after", ("Synced", 2)),
    ],
    ids=[
        "between commit and relay",
        "between relay and checkpoint",
        "between receive and commit",
        "between commit and complete",
    ],
)
def test_nothing_is_lost_and_nothing_done_twice(
    host: FaultyHost, moment: str, left: tuple[str, int]
) -> None:
    host.start()  # the feed has dealt with what was there before
    time.sleep(1.5)
    host.stop()
    host.start("--lock", "2", "--die", moment)
    with suppress(httpx.TransportError):  # it may die before it has answered
        httpx.post(
            f"{host.url}{BASE}/customers",
            json=a_customer(id="0c5d6f1e-7f1b-4c55-9a60-5a9f3c1d2e3f"),
            headers={**host.headers, "Prefer": "respond-async"},
        )
    ended = host.died()
    between = customer(host)
    host.start("--lock", "2")
    end = time.monotonic() + 30
    while (customer(host)[0] != "Synced" or host.waiting()) and time.monotonic() < end:
        time.sleep(0.1)
    after = customer(host)
    time.sleep(1)

    assert ended == 9
    assert between == left
    assert after == ("Synced", 2)
    assert host.waiting() == []
    assert list(dict.fromkeys(told(host))) == [1, 2]


def customer(host: FaultyHost) -> tuple[str, int]:
    [found] = [one for one in host.customers() if one[0].startswith("0c5d6f1e")]
    return found[1], found[3]


def told(host: FaultyHost) -> list[int]:
    return host.told()["0c5d6f1e-7f1b-4c55-9a60-5a9f3c1d2e3f"]
