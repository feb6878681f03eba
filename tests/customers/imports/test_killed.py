"""An import whose host is killed half way creates each of its customers once, beside searches."""

import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.server import connection_string
from tests.e2e.hosts.server import PATIENCE, Server

PAUSE = 0.05
WARM_UP = 30  # searches that are not counted
PARTS = 60  # names of which each has its share of the lines
Given = tuple[tuple[str, ...], Mapping[str, str], int]


@pytest.fixture(params=["sqlite", "cosmos"])
def given(
    request: pytest.FixtureRequest, tmp_path: Path, scale: Callable[[int, int], int]
) -> Given:
    """Return options and environment of the host, and the number of lines."""
    if request.param == "sqlite":
        return ("--demo",), {}, scale(600, 100_000)
    endpoint: Endpoint = request.getfixturevalue("cosmos_endpoint")
    connection = {"COSMOS": connection_string(endpoint.url), "COSMOS_DATABASE": tmp_path.name}
    return ("--demo", "--store", "cosmos"), connection, scale(240, 5_000)


@contextmanager
def hosted(
    data: Path, options: tuple[str, ...], env: Mapping[str, str]
) -> Iterator[tuple[Server, httpx.Client]]:
    host = Server(data, *options, env={**os.environ, **env})
    try:
        with host.client() as client:
            yield host, client
    finally:
        if host.process.poll() is None:
            host.stop()


@contextmanager
def searching(client: httpx.Client) -> Iterator[list[float]]:
    """Search one after another, as a till does, and yield how many seconds each has taken."""
    seconds: list[float] = []
    ended = threading.Event()

    def search() -> None:
        while not ended.wait(PAUSE):
            begun = time.perf_counter()
            assert client.get("/customers?q=karen").status_code == 200
            seconds.append(time.perf_counter() - begun)

    thread = threading.Thread(target=search)
    thread.start()
    yield seconds
    ended.set()
    thread.join()


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def test_each_line_is_there_once_though_the_host_is_killed(
    given: Given, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options, env, lines = given
    body = "\n".join(
        json.dumps(
            {"storeNumber": "HOUSTON", "firstName": f"Line{n}", "lastName": f"P{n % PARTS}x"}
        )
        for n in range(lines)
    )
    with hosted(tmp_path / "data", options, env) as (host, client):
        for _ in range(WARM_UP):
            client.get("/customers?q=karen")
        with searching(client) as alone:
            time.sleep(min(10, lines / 300))
        headers = {"Content-Type": "application/x-ndjson"}
        started = client.post("/imports", content=body, headers=headers).json()
        with searching(client) as before:
            half = worked(client, started["id"], lines // 2)
        host.kill()
    with hosted(tmp_path / "data", options, env) as (host, client):
        with searching(client) as after:
            whole = worked(client, started["id"], lines)
        names = [name for part in range(PARTS) for name in found(client, f"P{part}x")]
        host.stop()
    with capsys.disabled():
        ratio = p95([*before, *after]) / p95(alone)
        sys.stdout.write(f" {lines} lines: p95 of searches {ratio:.2f} of what it is alone ")

    assert half < lines, "it was killed in between"
    assert whole == lines
    assert sorted(names) == sorted(f"Line{n} P{n % PARTS}x" for n in range(lines))


def worked(client: httpx.Client, import_id: str, least: int) -> int:
    """Wait until so many lines have been worked through, and return how many have."""
    end = time.monotonic() + PATIENCE + least / 50
    while time.monotonic() < end:
        job: dict[str, Any] = client.get(f"/imports/{import_id}").json()
        done: int = job["created"] + job["alreadyThere"] + job["refused"]
        if done >= least:
            assert job["refused"] == 0
            return done
        time.sleep(PAUSE)
    raise AssertionError(job)


def found(client: httpx.Client, last_name: str) -> list[str]:
    """Return the names of all customers of this last name."""
    names, cursor = [], ""
    while True:
        page = client.get(f"/customers?q={last_name}&limit=100{cursor}").json()
        names += [item["name"] for item in page["items"]]
        if page["nextCursor"] is None:
            return names
        cursor = f"&cursor={page['nextCursor']}"
