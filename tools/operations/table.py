"""What every operation asks of the store, counted at the endpoint, as a page of documentation."""

import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from function_app import app
from local.bus.sqlite import SqliteBus
from local.demo import company as demo
from local.folder import Folder
from local.host.app import Host
from local.store.choice import OpenStore
from shared.composition import wiring
from shared.offline.uploads import work_through
from tests.api import COMPANY, Api, started
from tests.doubles.cosmos.endpoint import Endpoint, Logged
from tests.doubles.cosmos.stores import cosmos_documents
from tests.letters import a_letter, give_up
from tools.operations.scenario import OFFLINE, everything, operation_id

PAGE = Path(__file__).parent.parent.parent / "docs" / "operations.md"
HEAD = """\
# What an operation costs

Made by `python -m tools.operations`; a test holds it to what the app does. Each operation is asked
once by the Cosmos DB SDK, of an endpoint that charges by the published rules of thumb
(`tests/doubles/cosmos/charges.py`), with the settings of the company remembered from a moment
before, as they are all day long. The customers here have one address, an e-mail and a phone.

Columns: point reads, queries and commits of the request itself; *directory* are the commits that
write the entries by which the customer is found, side by side, after the customer is safe;
*partitions* are all logical partitions together; RU are request units, rounded.

No request reads or queries more than one partition at a time, and none queries without a whole
partition key: the endpoint sees each key that is sent. A search looks at another partition only
where the first has too little to show.

| operation | reads | queries | commits | directory | partitions | RU |
|---|--:|--:|--:|--:|--:|--:|
"""
POLICIES = """
## Why few paths are indexed

Every indexed value costs with every write. The same requests with the policy that Cosmos DB has
when nobody says anything (everything is indexed), and with that of `topology.json`:

| operation | RU, everything indexed | RU, ours |
|---|--:|--:|
"""
COMPARED = (
    "create_customer",
    "edit_customer",
    "find_customers by a word",
    "find_customers, newest first",
)
MESSAGES = """
## What feeds cost

For each changed customer `repair_directory` reads one listing (1 RU) and writes nothing if the
writer came to the end, which it mostly did. `relay_events` notes with 1 commit how far the events
of a customer were passed on; for a pending customer another commit puts it into the list of those
who wait. `run_imports` makes the customers of a chunk, each at the price of `create_customer`, and
ends the chunk with 2 reads and 1 commit. `synchronize_customer` reads the customer and its
operation and writes both and an event in 1 commit; then the directory follows as for any edit.
`synchronize_customers_and_channel_requests` asks 1 query for each company. `apply_uploads` reads
for each operation what stops its customer and whether it was applied before, applies it at the
price of the request that does the same online, with a small document more in its commit, and notes
what became of it with 1 commit and 1 read; an operation that names an older version of its customer
than the newest asks 1 query for what was changed since. `keep_cards` reads 1 membership for each
changed customer; for a client it reads customer and imported measures and, for each associate who
has or lately had her, reads the card and writes it. `move_clients` moves
each client at the price of `reassign_clients`, and ends a chunk of a hundred with 2 reads and 1
commit. `move_follow_ups` reads 1 membership for each that was changed, asks 1 query for each book
that the client has left, and moves a follow-up with 1 read and 2 commits. `make_follow_ups` asks,
for each book and rule, 1 query for a hundred clients concerned and 1 for what they have already,
notes with 1 commit how far it came, and makes a follow-up with 2 reads and 1 commit; a rule that
waits after an activity asks 1 query more for each client that was active before.
"""


@dataclass(frozen=True, slots=True)
class Row:
    reads: int
    queries: int
    commits: int
    directory: int
    partitions: int
    charge: float

    @classmethod
    def of(cls, log: Sequence[Logged]) -> "Row":
        def count(kind: str, *, directory: bool) -> int:
            return sum(
                one.kind == kind and (one.container == "directory") == directory for one in log
            )

        return cls(
            reads=sum(one.kind == "read" for one in log),
            queries=sum(one.kind == "query" for one in log),
            commits=count("commit", directory=False),
            directory=count("commit", directory=True),
            partitions=len({(one.container, one.key) for one in log}),
            charge=sum(one.charge for one in log),
        )

    @property
    def counts(self) -> tuple[int, ...]:
        return (self.reads, self.queries, self.commits, self.directory, self.partitions)

    def __str__(self) -> str:
        return " | ".join(str(one or "") for one in (*self.counts, round(self.charge)))


Rows = dict[str, Row]


async def measured(endpoint: Endpoint, folder: Folder, database: str) -> Rows:
    """Return the rows: everything is asked twice, and counted the second time."""

    def open_store(_: Folder) -> Any:
        return cosmos_documents(endpoint, database)

    async with open_store(folder) as documents:
        context = folder.backend(documents).context(COMPANY, "application:x", datetime.now(UTC))
        await demo.configure(context)
    rows: Rows = {}
    async with AsyncExitStack() as stack:
        api = await _quiet(folder, open_store, stack)

        async def ask(row: str | None, method: str, path: str, body: Any = None, **how: Any) -> Any:
            before = len(endpoint.log)
            response = await api.call(method, path, body, **how)
            assert response.status_code < 400, (row, response.text)
            if row:
                rows[row] = Row.of(endpoint.log[before:])
            return response.json() if "json" in response.headers.get("content-type", "") else None

        bus = wiring.backend().bus
        assert isinstance(bus, SqliteBus)
        await give_up(bus, *(a_letter(f"m{number}") for number in range(4)))
        await _stop_two(api)
        for number in (1, 2):
            await everything(ask, number)
    return rows


async def _stop_two(api: Api) -> None:
    """Upload operations that stop, as the feed does that rests here."""
    lines = []
    for number in (1, 2):
        key = operation_id(number + 30)
        lines.append(OFFLINE.format(operation=operation_id(number + 40), customer=key))
        bad = {"lastNam": "Berg"}
        patch = {"operationId": operation_id(number), "type": "patch", "customerId": key}
        lines.append(json.dumps(patch | {"at": "2026-11-20T10:01:00Z", "body": bad}))
    path, ndjson = "channels/HOUSTON/upload-sessions", "application/x-ndjson"
    response = await api.post(path, "\n".join(lines).encode(), content_type=ndjson)
    context = wiring.backend().context(COMPANY, "channel:HOUSTON", datetime.now(UTC))
    assert not await work_through("HOUSTON", response.json()["id"], context=context)


async def _quiet(folder: Folder, open_store: OpenStore, stack: AsyncExitStack) -> Api:
    """Return an API whose feeds rest and whose settings are remembered for ever."""
    host = Host(app, folder, open_store)
    host.functions = [one for one in host.functions if one.kind == "httpTrigger"]
    api = await started(host, stack)
    wiring.backend().configuration._clock = lambda: 0.0
    return api


def page(ours: Rows, everything_indexed: Rows) -> str:
    lines = [f"| {name} | {row} |\n" for name, row in sorted(ours.items())]
    compared = [
        f"| {name} | {round(everything_indexed[name].charge)} | {round(ours[name].charge)} |\n"
        for name in COMPARED
    ]
    return HEAD + "".join(lines) + POLICIES + "".join(compared) + MESSAGES


def read(text: str) -> Rows:
    """Return the rows of a page."""
    rows: Rows = {}
    for line in text.partition("## Why")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 7 and not cells[0].startswith(("operation", "-")):
            numbers = [int(cell or 0) for cell in cells[1:]]
            rows[cells[0]] = Row(*numbers)
    return rows
