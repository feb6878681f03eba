"""A store whose answers get lost, seen from a request that comes again."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from shared.ports.documents import Document
from tests.api import Api, a_customer, started
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.faults import Fault, Faults
from tests.doubles.cosmos.stores import cosmos_documents


@pytest.fixture
async def still(
    folder: Folder, cosmos_endpoint: Endpoint, configured_cosmos: str, tmp_path: Path
) -> AsyncIterator[Api]:
    """The API over the endpoint, whose feeds rest."""
    cosmos_endpoint.copy(configured_cosmos, tmp_path.name)
    host = Host(app, folder, lambda _: cosmos_documents(cosmos_endpoint, tmp_path.name))
    host.functions = [one for one in host.functions if one.kind == "httpTrigger"]
    async with AsyncExitStack() as stack:
        yield await started(host, stack)


async def test_a_create_whose_answer_was_lost_is_no_second_customer_when_it_comes_again(
    still: Api, cosmos_endpoint: Endpoint
) -> None:
    """The commit is applied, its answer lost, and the store throttles until the deadline."""
    await still.create(lastName="Before")
    cosmos_endpoint.faults = LosingCommit()
    failed = await still.post("customers", a_customer(), idempotency_key="k")
    cosmos_endpoint.faults = Faults()
    again = await still.post("customers", a_customer(), idempotency_key="k")
    stored: list[Document] = []
    position: str | None = None
    while (changes := await still.documents.changes("customers", position, 1000)).documents:
        position = changes.position
        stored += changes.documents

    assert failed.status_code == 503
    assert again.status_code == 201
    assert [one.body.get("lastName") for one in stored].count("Berg") == 1


class LosingCommit(Faults):
    """Loses the answer of the commit of a customer, then throttles that container."""

    lost = False

    def next_for(self, container: str, *, writes: bool) -> Fault:
        if container != "customers" or not (writes or self.lost):
            return "none"
        fault: Fault = "throttle" if self.lost else "drop-after"
        self.lost = True
        return fault
