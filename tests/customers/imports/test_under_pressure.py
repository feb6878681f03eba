"""A large import in a container with little throughput, beside others who read from it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from tests.api import Api, a_customer, an_address, an_email, started
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.faults import Conditions
from tests.doubles.cosmos.stores import cosmos_documents

NDJSON = {"content_type": "application/x-ndjson"}
REQUEST_UNITS = 1000.0  # a second, of the container that holds imports
READS_A_SECOND = 20


@pytest.fixture
async def scarce(
    folder: Folder, cosmos_endpoint: Endpoint, configured_cosmos: str, tmp_path: Path
) -> AsyncIterator[Api]:
    cosmos_endpoint.conditions = Conditions(units={"requests": REQUEST_UNITS})
    cosmos_endpoint.copy(configured_cosmos, tmp_path.name)
    host = Host(app, folder, lambda _: cosmos_documents(cosmos_endpoint, tmp_path.name))
    async with AsyncExitStack() as stack:
        yield await started(host, stack)


def lines(count: int) -> bytes:
    """Return create bodies of some three hundred bytes each."""
    return b"\n".join(
        json.dumps(
            a_customer(
                firstName=f"Karen{number}",
                contacts=[an_email(f"karen{number}@example.com")],
                addresses=[an_address(street=f"{number} Long Lake Road, behind the old mill")],
            )
        ).encode()
        for number in range(count)
    )


async def names(api: Api) -> list[str]:
    """Return the first names of all customers in the store who have one."""
    found: list[str] = []
    position: str | None = None
    while (changes := await api.documents.changes("customers", position, 1000)).documents:
        position = changes.position
        bodies = [one.body for one in changes.documents]
        found += [body["firstName"] for body in bodies if body.get("type") == "customer"]
    return [name for name in found if name.startswith("Karen")]


async def reading(api: Api, path: str, answers: list[httpx.Response]) -> None:
    while True:
        answers.append(await api.get(path))
        await asyncio.sleep(1 / READS_A_SECOND)


async def test_a_large_import_is_accepted_and_reads_are_not_refused(
    scarce: Api, scale: Callable[[int, int], int]
) -> None:
    count = scale(6_000, 100_000)
    small = await scarce.post("imports", lines(1), **NDJSON)
    answers: list[httpx.Response] = []
    readers = asyncio.create_task(reading(scarce, small.headers["Location"], answers))
    begun = time.monotonic()
    accepted = await scarce.post("imports", lines(count), **NDJSON)
    seconds = time.monotonic() - begun
    readers.cancel()

    assert accepted.status_code == 202, accepted.text
    assert accepted.json()["total"] == count
    assert {answer.status_code for answer in answers} == {200}
    print(f"{count} lines accepted in {seconds:.1f} s beside {len(answers)} reads")  # noqa: T201


async def test_an_import_is_worked_through_once_beside_others(
    scarce: Api, scale: Callable[[int, int], int]
) -> None:
    count = scale(40, 5_000)
    begun = time.monotonic()
    accepted = await scarce.post("imports", lines(count), **NDJSON)
    place = accepted.headers["Location"]
    answers: list[httpx.Response] = []
    readers = asyncio.create_task(reading(scarce, place, answers))
    async with asyncio.timeout(60 + count):
        while not answers or answers[-1].json()["status"] == "Running":
            await asyncio.sleep(0.1)
    readers.cancel()
    done = answers[-1].json()

    assert (done["created"], done["alreadyThere"], done["refused"]) == (count, 0, 0)
    assert sorted(await names(scarce)) == sorted(f"Karen{number}" for number in range(count))
    assert {answer.status_code for answer in answers} == {200}
    seconds = time.monotonic() - begun
    print(f"{count} lines worked through in {seconds:.1f} s")  # noqa: T201
