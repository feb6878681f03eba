"""python -m local trace: make a customer asynchronously, and show what became of the request."""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from local.commands.spans import Span, read_spans, tree
from local.demo import company as demo
from local.folder import Folder
from local.store import SqliteDocuments
from local.tokens import Bearer

CALLER = Bearer("Application", (demo.COMPANY,), subject="trace")
NEW = {"storeNumber": "HOUSTON", "firstName": "Karen", "lastName": "Berg"}
PATIENCE = 30.0
PAUSE = 0.1
LAST = "send events"  # of the event that says the customer has her number


class NotConverted(Exception):
    """The customer has no account number in good time."""


def add_to(commands: Any, _: Path) -> None:
    parser = commands.add_parser(
        "trace", help="show the hops of one asynchronous creation", description=__doc__
    )
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as place:
        folder, spans = Folder(Path(place) / "data"), Path(place) / "spans.jsonl"
        asyncio.run(_configure(folder))
        with _serving(folder, spans) as url:
            trace = _create(url, folder.tokens().issue(CALLER))
            found = _wait_for(trace, spans)
    print("\n".join(tree(found, trace)))
    return 0


async def _configure(folder: Folder) -> None:
    documents = SqliteDocuments(folder.database)
    try:
        await demo.configure(
            folder.backend(documents).context(demo.COMPANY, "system:trace", datetime.now(UTC))
        )
    finally:
        documents.close()


@contextmanager
def _serving(folder: Folder, spans: Path) -> Iterator[str]:
    command = [
        sys.executable, "-m", "local", "serve", "--port", "0", "--data", str(folder.path),
        "--telemetry", f"file:{spans}", "--log-level", "warning",
    ]  # fmt: skip
    host = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # ourselves
    try:
        assert host.stdout  # noqa: S101  # it is piped
        yield host.stdout.readline().split()[-1]
    finally:
        host.terminate()
        host.communicate()


def _create(url: str, token: str) -> str:
    """Return the trace of the request, once the customer has her account number."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{url}/api/v1/{demo.COMPANY}", headers=headers) as client:
        _wait_until_up(client, f"{url}/api/health/live")
        made = client.post("/customers", json=NEW, headers={"Prefer": "respond-async"})
        print(f"{made.status_code} {made.headers['Location']}, {made.json()['displayAccount']}")
        for _ in _until(PATIENCE):
            customer = client.get(f"{url}{made.headers['Location']}").json()
            if customer["syncStatus"] == "Synced":
                print(f"account number {customer['accountNumber']}\n")
                return str(made.headers["X-Trace-Id"])
    raise NotConverted(made.headers["Location"])


def _wait_until_up(client: httpx.Client, url: str) -> None:
    for _ in _until(PATIENCE):
        with suppress(httpx.TransportError):
            client.get(url)
            return


def _wait_for(trace: str, file: Path) -> list[Span]:
    """Return the spans when the events of both versions are on their way, or time is up."""
    found: list[Span] = []
    for _ in _until(PATIENCE):
        found = read_spans(file.read_text().splitlines())
        if sum(one.name == LAST and one.trace == trace for one in found) == 2:  # noqa: PLR2004
            time.sleep(PAUSE)  # for the feed's own span, which ends after what it sends
            return read_spans(file.read_text().splitlines())
    return found


def _until(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(PAUSE)
