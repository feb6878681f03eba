"""python -m local trace: create a customer asynchronously, and show the trace of the request."""

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
NEW_CUSTOMER = {"storeNumber": "HOUSTON", "firstName": "Karen", "lastName": "Berg"}
TIMEOUT_SECONDS = 30.0
POLL_SECONDS = 0.1
LAST_SPAN = "send events"  # it announces the customer, and then the account number


class NotConverted(Exception):
    """The customer got no account number in time."""


def add_to(commands: Any, _: Path) -> None:
    parser = commands.add_parser(
        "trace", help="show the hops of one asynchronous creation", description=__doc__
    )
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as temporary:
        folder, spans = Folder(Path(temporary) / "data"), Path(temporary) / "spans.jsonl"
        asyncio.run(_configure(folder))
        with _serving(folder, spans) as url:
            trace = _create(url, folder.tokens().issue(CALLER))
            recorded = _wait_for(trace, spans)
    print("\n".join(tree(recorded, trace)))
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
    """Return the trace of the request, once the customer has an account number."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{url}/api/v1/{demo.COMPANY}", headers=headers) as client:
        _wait_until_up(client, f"{url}/api/health/live")
        created = client.post("/customers", json=NEW_CUSTOMER, headers={"Prefer": "respond-async"})
        location, account = created.headers["Location"], created.json()["displayAccount"]
        print(f"{created.status_code} {location}, {account}")
        for _ in _until(TIMEOUT_SECONDS):
            customer = client.get(f"{url}{location}").json()
            if customer["syncStatus"] == "Synced":
                print(f"account number {customer['accountNumber']}\n")
                return str(created.headers["X-Trace-Id"])
    raise NotConverted(location)


def _wait_until_up(client: httpx.Client, url: str) -> None:
    for _ in _until(TIMEOUT_SECONDS):
        with suppress(httpx.TransportError):
            client.get(url)
            return


def _wait_for(trace: str, file: Path) -> list[Span]:
    """Return the spans once the events of both versions are sent, or when time is up."""
    spans: list[Span] = []
    for _ in _until(TIMEOUT_SECONDS):
        spans = read_spans(file.read_text().splitlines())
        if sum(span.name == LAST_SPAN and span.trace == trace for span in spans) == 2:  # noqa: PLR2004
            time.sleep(POLL_SECONDS)  # for the feed's own span, which ends after the sending
            return read_spans(file.read_text().splitlines())
    return spans


def _until(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(POLL_SECONDS)
