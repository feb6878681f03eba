"""What becomes of a session that the store refuses, or that no replica has come as far as."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from shared.adapters.cosmos.documents import CosmosDocuments
from shared.platform.sessions import Session, session
from shared.ports.documents import Create, Put
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.stores import cosmos_documents

HERE = ("c-1", "USRT")
AHEAD, ODD = "0:-1#999999999", "abc"
QUICK, SLOW = 2.0, 6.0  # seconds

Ask = Callable[[CosmosDocuments], Awaitable[object]]


async def read(store: CosmosDocuments) -> object:
    return await store.read("customers", HERE, "a")


async def query(store: CosmosDocuments) -> object:
    return (await store.query("customers", HERE)).documents


async def write(store: CosmosDocuments) -> object:
    return await store.commit("customers", HERE, [Put({"id": "a", "n": 2})])


@pytest.mark.parametrize("ask", [read, query, write])
@pytest.mark.parametrize(("token", "seconds"), [(ODD, QUICK), (AHEAD, SLOW)])
async def test_a_session_that_cannot_be_read_is_left_out(
    cosmos_endpoint: Endpoint, tmp_path: Path, ask: Ask, token: str, seconds: float
) -> None:
    async with cosmos_documents(cosmos_endpoint, tmp_path.name) as store:
        session.set(None)
        await store.commit("customers", HERE, [Create({"id": "a", "n": 1})])
        cosmos_endpoint.log.clear()
        session.set(Session({"customers": token}))
        began = time.monotonic()
        found = await ask(store)
        taken = time.monotonic() - began
        session.set(None)

    assert found
    assert taken < seconds
    assert len(cosmos_endpoint.log) == 1, "answered once"


async def test_a_process_outlives_an_account_that_has_lost_its_last_writes(
    cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    async with cosmos_documents(cosmos_endpoint, tmp_path.name) as store:
        session.set(None)
        await store.commit("customers", HERE, [Create({"id": "a"})])
        store._traffic._wrote("customers", AHEAD)
        began = time.monotonic()
        first = await read(store)
        later = await read(store)

    assert first
    assert later
    assert time.monotonic() - began < SLOW, "it was waited for once"
