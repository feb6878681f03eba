"""What the index says of settings, once it was compared with them."""

import json

from shared.distribution.domain.tables import CATALOG
from shared.distribution.index import documents
from shared.distribution.index.settings import SHARD, index_tables, rows_of
from tests.api import ADMINISTRATOR, Api
from tests.distribution.index.test_customers import context_now

TABLES = [table for kind in CATALOG for table in kind.tables if not table.startswith("customer-a")]
SETTINGS = [table for table in TABLES if table != "customers"]


async def numbers(table: str) -> dict[str, tuple[int, bool]]:
    entries = documents.entries_in_table(SHARD, table, context_now())
    return {entry.key: (entry.version, entry.alive) async for entry in entries}


async def test_only_what_differs_gets_another_number(api: Api) -> None:
    first = await index_tables(SETTINGS, context_now())
    again = await index_tables(SETTINGS, context_now())
    await api.call("PUT", "settings/titles/Doctor", {"name": "Doctor"}, bearer=ADMINISTRATOR)
    added = await index_tables(["titles"], context_now())
    await api.call("DELETE", "settings/titles/Doctor", if_match="*", bearer=ADMINISTRATOR)
    removed = await index_tables(["titles"], context_now())
    back = await api.call("PUT", "settings/titles/Doctor", {"name": "Doctor"}, bearer=ADMINISTRATOR)
    returned = await index_tables(["titles"], context_now())

    assert back.status_code == 201
    assert (first > 20, again, added, removed, returned) == (True, 0, 1, 1, 1)
    assert (await numbers("titles"))["Doctor"] == (3, True)


async def test_rows_are_what_a_get_answers_without_secrets(api: Api) -> None:
    await index_tables(SETTINGS, context_now())
    for table, key in (("stores", "HOUSTON"), ("workers", "000137")):
        entry = await documents.read_entry(SHARD, table, key, context_now())
        answered = (await api.get(f"settings/{table}/{key}", bearer=ADMINISTRATOR)).json()
        assert entry
        assert entry.row == answered
    [parameters] = await rows_of("parameters", context_now())

    assert "customerInsights" not in json.dumps(parameters.row)


async def test_workers_reach_the_stores_in_which_they_work(api: Api) -> None:
    await index_tables(["workers", "permission-groups"], context_now())
    worker = await documents.read_entry(SHARD, "workers", "000137", context_now())
    group = await documents.read_entry(SHARD, "permission-groups", "Manager", context_now())
    stored = (await api.get("settings/workers/000137", bearer=ADMINISTRATOR)).json()

    assert worker
    assert group
    assert set(worker.reach) == set(stored["employeeAddressBooks"])
    assert group.reach == ("*",)
