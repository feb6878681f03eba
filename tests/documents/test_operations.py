"""docs/operations.md says what the app does, and what the app does meets the goals."""

from pathlib import Path

import pytest

from functions._http.operation import OPERATIONS
from local.folder import Folder
from shared.platform.topology import containers
from tests.doubles.cosmos.endpoint import Endpoint
from tools.operations.table import PAGE, Rows, measured, read

# One for each associate; the pinned ones and the others; the page and the count; the jobs, and of
# each its newest run.
QUERIES = {
    "list_channels": 4,  # for one channel: its positions, the chains, and a job that it lacks
    "list_download_sessions": 5,  # positions, chains, and of a job packages and what was said
    "list_distribution_jobs": 9,
    "list_store_clients, three associates": 3,
    "list_notes": 2,
    "list_clients, with facets": 2,
}


@pytest.fixture
async def rows(cosmos_endpoint: Endpoint, tmp_path: Path) -> Rows:
    return await measured(cosmos_endpoint, Folder(tmp_path), tmp_path.name)


async def test_the_page_says_what_every_operation_costs(rows: Rows) -> None:
    written = read(PAGE.read_text())

    assert {name.partition(",")[0].partition(" by ")[0] for name in rows} == set(OPERATIONS)
    assert {name: row.counts for name, row in rows.items()} == {
        name: row.counts for name, row in written.items()
    }, "write it again: python -m tools.operations"
    for name, row in rows.items():
        assert row.charge == pytest.approx(written[name].charge, rel=0.1, abs=1.5), name


async def test_the_goals_are_met(rows: Rows) -> None:
    def most(name: str, **most: int) -> None:
        limits = {"reads": 0, "queries": 0, "commits": 0, "directory": 0} | most
        for what, limit in limits.items():
            assert getattr(rows[name], what) <= limit, (name, rows[name])

    most("get_customer by GUID", reads=1)
    most("get_customer by account number", reads=2)
    most("get_customer by account number, again", reads=1)
    # A point for each e-mail and phone, a use for each setting, and whether one is being removed.
    most("create_customer", reads=3, commits=1, directory=25)
    most("edit_customer", reads=1, commits=1, directory=25)
    for name in rows:
        if name.startswith("find_customers"):
            by_id = name.endswith("by external id")
            most(name, **({"reads": 2} if by_id else {"queries": 1}))
        elif name.startswith("list_"):
            assert rows[name].queries <= QUERIES.get(name, 1), name


async def test_every_request_names_a_whole_partition_key(
    rows: Rows, cosmos_endpoint: Endpoint
) -> None:
    assert rows
    for one in cosmos_endpoint.log:
        parts = len(containers()[one.container].partition_key)
        assert one.key.startswith("["), one
        assert one.key.count('"') == 2 * parts, one


async def test_what_is_indexed_is_what_queries_look_at(
    rows: Rows, cosmos_endpoint: Endpoint
) -> None:
    """Both ways, over all operations; `id` is always indexed."""
    assert rows
    used = {(name, path[0]) for name, path in cosmos_endpoint.filters if path != ("id",)}
    said = {(one.name, path.split("/")[1]) for one in containers().values() for path in one.indexed}

    assert used == said
