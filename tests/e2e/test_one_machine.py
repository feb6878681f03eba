"""What a newcomer meets, and what a crash leaves behind: processes, sockets and files."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.api import a_customer, an_email
from tests.e2e.hosts.server import PATIENCE, ROOT, Server, serving
from tests.real import read

KILLED_AT = 200  # acknowledged customers


def test_a_newcomer_is_served(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--demo") as server:
        options = ("--worker", "000160", "--store", "HOUSTON")
        with server.client("Employee", *options) as associate:
            newest = associate.get("/customers", params={"limit": 100}).json()["items"]
            made = associate.post("/customers", json=a_customer())
            found = associate.get("/customers", params={"q": "karen berg"}).json()["items"]
        page = httpx.get(f"{server.url}/api/docs")
        spec = httpx.get(f"{server.url}/api/openapi.json").json()
        for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
            response = httpx.get(f"{server.url}/api/docs/{asset}")
            assert (response.status_code, len(response.content) > 100_000) == (200, True)
        none = httpx.get(f"{server.url}/api/docs/passwd")

        assert len(newest) == 100
        assert made.status_code == 201
        assert [one["id"] for one in found] == [made.json()["id"]]
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "http://" not in page.text
        assert "https://" not in page.text
        assert spec["openapi"] == "3.1.0"
        assert none.status_code == 404
        assert server.stop() == 0


def test_an_empty_folder_is_a_valid_start_and_a_full_one_is_kept(tmp_path: Path) -> None:
    with serving(tmp_path / "empty") as server, server.client("Administrator") as head_office:
        assert head_office.get("").json()["code"] == "legal-entity-not-found"
    with serving(tmp_path / "data", "--demo") as server, server.client() as client:
        made = client.post("/customers", json=a_customer()).json()
    with serving(tmp_path / "data", "--demo") as server, server.client() as client:
        assert client.get(f"/customers/{made['id']}").json()["name"] == "Karen Berg"
        assert len(client.get("/customers", params={"q": "default customer"}).json()["items"]) == 1


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        port = server.url.rsplit(":", 1)[1]
        second = subprocess.run(
            [sys.executable, "-m", "local", "serve", "--port", port, "--data", str(tmp_path / "b")],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert second.returncode == 1
    assert f"Port {port} cannot be used" in second.stderr
    assert "Traceback" not in second.stderr


def test_logs_are_lines_of_json_when_asked(tmp_path: Path) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    options = ("--log-format", "json", "--log-level", "info")
    with serving(tmp_path / "data", *options) as server, server.client() as client:
        client.get("/customers", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
        lines = [line for line in server.log.read_text().splitlines() if trace in line]

    assert lines
    assert '"traceId": "' + trace in lines[0]


def test_requests_under_way_are_finished_at_shutdown(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--demo") as server, server.client() as client:
        statuses: list[int] = []

        def send() -> None:
            with httpx.Client(base_url=client.base_url, headers=client.headers) as mine:
                try:
                    while True:
                        statuses.append(mine.post("/customers", json=a_customer()).status_code)
                except httpx.TransportError:
                    return

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        assert server.stop() == 0
        for thread in threads:
            thread.join()
        assert "Traceback" not in server.log.read_text()
    with serving(tmp_path / "data") as server, server.client() as client:
        assert set(statuses) == {201}
        assert count(client, "karen") >= len(statuses)


def count(client: httpx.Client, query: str) -> int:
    """Return how many customers a search finds, through all pages."""
    found = 0
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/customers", params={"q": query, "limit": "100"} | cursor).json()
        found += len(page["items"])
        if page["nextCursor"] is None:
            return found
        cursor = {"cursor": page["nextCursor"]}


def test_every_acknowledged_customer_survives_kill_9(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", "--demo")
    headers = {"Authorization": f"Bearer {server.token()}"}
    acknowledged = asyncio.run(_create_until_killed(server, headers))
    with serving(tmp_path / "data") as again, again.client() as client:
        assert len(acknowledged) >= KILLED_AT
        for made in random.Random(1).sample(acknowledged, min(300, len(acknowledged))):
            by_id = client.get(f"/customers/{made['id']}")
            by_account = client.get(f"/customers/{made['accountNumber']}")
            found = client.get("/customers", params={"q": made["contacts"][0]["value"]})
            assert by_id.json()["accountNumber"] == made["accountNumber"]
            assert by_account.json()["id"] == made["id"]
            assert [one["id"] for one in found.json()["items"]] == [made["id"]]
        for made in acknowledged:
            assert client.get(f"/customers/{made['id']}").status_code == 200
        numbers = [made["accountNumber"] for made in acknowledged]
        later = [client.post("/customers", json=a_customer()).json() for _ in range(5)]
        assert len(set(numbers)) == len(numbers)
        assert not {one["accountNumber"] for one in later} & set(numbers)


async def _kill(server: Server, when: Callable[[], bool]) -> None:
    while not when():
        await asyncio.sleep(0.01)
    await asyncio.to_thread(server.kill)


async def _create_until_killed(server: Server, headers: dict[str, str]) -> list[dict[str, Any]]:
    acknowledged: list[dict[str, Any]] = []
    url = f"{server.url}/api/v1/USRT/customers"

    async def create(task: int) -> None:
        async with httpx.AsyncClient(headers=headers, timeout=PATIENCE) as client:
            for n in range(100_000):
                contacts = [an_email(f"k{task}.{n}@example.com")]
                try:
                    response = await client.post(url, json=a_customer(contacts=contacts))
                except httpx.TransportError:
                    return
                if response.status_code == 201:
                    acknowledged.append(response.json())

    await asyncio.gather(
        _kill(server, lambda: len(acknowledged) >= KILLED_AT), *(create(task) for task in range(8))
    )
    return acknowledged


def test_two_processes_never_give_one_account_number_twice(
    tmp_path: Path, scale: Callable[[int, int], int]
) -> None:
    each = scale(600, 2000)
    with serving(tmp_path / "data", "--demo") as one, serving(tmp_path / "data") as two:
        headers = {"Authorization": f"Bearer {one.token()}"}
        numbers = asyncio.run(_create_on_both([one.url, two.url], headers, each=each))

    assert len(numbers) == len(set(numbers)) == 2 * each


async def _create_on_both(urls: list[str], headers: dict[str, str], *, each: int) -> list[str]:
    async def create(url: str, count: int) -> list[str]:
        async with httpx.AsyncClient(headers=headers, timeout=PATIENCE) as client:
            path = f"{url}/api/v1/USRT/customers"
            answers = [await client.post(path, json=a_customer()) for _ in range(count)]
            return [answer.json()["accountNumber"] for answer in answers]

    tasks = [create(url, each // 4) for url in urls for _ in range(4)]
    return [number for numbers in await asyncio.gather(*tasks) for number in numbers]


def test_several_workers_share_the_port_and_one_leads(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--demo", "--workers", "2") as server:
        with server.client() as client:
            made = [client.post("/customers", json=a_customer()).json() for _ in range(20)]
            statuses = {client.get(f"/customers/{one['id']}").status_code for one in made}
            started = client.post(
                "/imports", content=b'{"storeNumber": "HOUSTON", "lastName": "Led"}',
                headers={"Content-Type": "application/x-ndjson"},
            )  # fmt: skip
            state = _completed(client, started.headers["Location"])
        assert statuses == {200}
        assert state["created"] == 1
        assert server.stop() == 0


def _completed(client: httpx.Client, place: str) -> dict[str, Any]:
    for _ in range(600):
        state: dict[str, Any] = client.get(
            f"http://{client.base_url.netloc.decode()}{place}"
        ).json()
        if state["status"] == "Completed":
            return state
        time.sleep(0.1)
    raise AssertionError(state)


def importing(server: Server, file: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local", "import", str(file), "--legal-entity", "USRT",
         "--store", "HOUSTON", "--url", server.url, "--data", str(server.data), *options],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def test_an_import_killed_half_way_ends_with_each_line_once(tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    lines = [f'{{"firstName": "Xenokrates", "lastName": "L{n:04}"}}' for n in range(3000)]
    file.write_text("\n".join([*lines[:1500], '{"firstName": 5}', *lines[1500:]]))
    server = Server(tmp_path / "data", "--demo")
    first = importing(server, file)
    time.sleep(1.5)
    first.kill()
    first.communicate()
    server.kill()
    with serving(tmp_path / "data") as again:
        second = importing(again, file)
        out, _ = second.communicate(timeout=PATIENCE)
        with again.client() as client:
            found = count(client, "xenokrates")
    refused = (tmp_path / "people.jsonl.refused.jsonl").read_text()

    assert second.returncode == 1, out
    assert "1 refused" in out
    assert found == 3000
    assert '"line": 1501' in refused
    assert "/firstName" in refused


def test_real_customers_are_imported_and_found_though_both_ends_are_killed(
    tmp_path: Path, real_customers: Path, scale: Callable[[int, int], int]
) -> None:
    map_ = ("--map", "local/maps/adventureworks.json")
    server = Server(tmp_path / "data", "--demo")
    first = importing(server, real_customers, *map_)
    time.sleep(scale(1, 6))
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    server.kill()
    with serving(tmp_path / "data") as again:
        second = importing(again, real_customers, *map_)
        out, _ = second.communicate(timeout=300)
        with again.client() as client:
            everybody = _listed(client)
            jon = client.get("/customers", params={"q": "yang jon"}).json()["items"][0]
            mail = client.get("/customers", params={"q": "JON24@"}).json()["items"]
            city = client.get("/customers", params={"q": "rockhamp"}).json()["items"]

    assert second.returncode == 0, out
    assert everybody == len(read(real_customers)) + 201, "and the customers of the demo"
    assert jon["name"] == "Jon Yang"
    assert [one["name"] for one in mail] == ["Jon Yang"]
    assert {one["city"] for one in city} == {"Rockhampton"}


def _listed(client: httpx.Client) -> int:
    seen: set[str] = set()
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/customers", params={"limit": "100"} | cursor).json()
        seen |= {one["id"] for one in page["items"]}
        if page["nextCursor"] is None:
            return len(seen)
        cursor = {"cursor": page["nextCursor"]}


def test_import_says_when_nobody_answers(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text("{}")
    for arguments, words in [
        ([str(file), "--url", "http://127.0.0.1:9"], "No response from"),
        ([str(tmp_path / "none.jsonl")], "cannot be read"),
        ([str(file), "--map", str(file)], "not a mapping"),
    ]:
        out = subprocess.run(
            [sys.executable, "-m", "local", "import", *arguments, "--legal-entity", "USRT",
             "--store", "HOUSTON", "--data", str(tmp_path / "data")],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert out.returncode == 2
        assert words in out.stderr
        assert "Traceback" not in out.stderr
