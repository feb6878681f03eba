"""Telemetry on its way out of a host of its own: to a file, an OTLP endpoint, Azure Monitor."""

import gzip
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.api import a_customer, an_email
from tests.doubles.cosmos.endpoint import Endpoint as CosmosEndpoint
from tests.doubles.cosmos.server import connection_string
from tests.e2e.hosts.server import ROOT, serving
from tests.personal_data import personal
from tools.cost.month import OWN_KB, OWN_READ_KB

QUIET = {"APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true"}
KEY = "00000000-0000-4000-8000-000000000000"
AZURE_MONITOR = {
    "TELEMETRY": "azure-monitor",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={KEY};IngestionEndpoint={{url}}/",
}


class Endpoint(ThreadingHTTPServer):
    """Takes whatever is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.taken: list[tuple[str, bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Taking(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.taken.append((self.path, body))
        answer = b'{"itemsReceived": 1, "itemsAccepted": 1, "errors": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
        pass


@contextmanager
def taking() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        thread = threading.Thread(target=endpoint.serve_forever)
        thread.start()
        try:
            yield endpoint
        finally:
            endpoint.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("settings", "spans", "metrics"),
    [
        (
            {"TELEMETRY": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": "{url}"},
            "/v1/traces",
            "/v1/metrics",
        ),
        (AZURE_MONITOR, "/v2.1/track", "/v2.1/track"),
    ],
    ids=["otlp", "azure-monitor"],
)
def test_what_is_told_arrives_without_anybody_in_it(
    settings: dict[str, str], spans: str, metrics: str, tmp_path: Path
) -> None:
    with taking() as endpoint:
        env = {name: value.format(url=endpoint.url) for name, value in settings.items()} | QUIET
        with serving(tmp_path / "data", "--demo", env=env) as server, server.client() as client:
            made = client.post("/customers", json=a_customer(contacts=[an_email()]))
            found = client.get("/customers", params={"q": "karen"})
            server.stop()
    taken = [(path, body.decode(errors="replace")) for path, body in endpoint.taken]

    assert (made.status_code, found.status_code) == (201, 200)
    assert any(path == spans and "create_customer" in body for path, body in taken)
    assert any(path == metrics and "http.server.request.duration" in body for path, body in taken)
    assert not [line for _, body in taken for line in personal(body)]


def test_what_azure_monitor_is_told_costs_no_more_than_the_page_says(
    tmp_path: Path, configured: Path, configured_cosmos: str, cosmos_endpoint: CosmosEndpoint
) -> None:
    """One line for each span, none for a call of the store; the host's own line is assumed."""
    database = tmp_path.name
    cosmos_endpoint.copy(configured_cosmos, database)
    with taking() as endpoint:
        env = {
            name: value.format(url=endpoint.url) for name, value in AZURE_MONITOR.items()
        } | QUIET
        env |= {"COSMOS": connection_string(cosmos_endpoint.url), "COSMOS_DATABASE": database}
        folder = Path(shutil.copytree(configured, tmp_path / "data"))
        with serving(folder, "--store", "cosmos", env=env) as server, server.client() as client:
            made = client.post("/customers", json=a_customer(contacts=[an_email()]))
            shown = client.get(f"/customers/{made.json()['id']}")
            time.sleep(2)  # until feeds and bus have done what follows
            server.stop()
    told = [line for _, body in endpoint.taken for line in lines_of(body)]

    assert (made.status_code, shown.status_code) == (201, 200)
    for answer, most in ((made, OWN_KB), (shown, OWN_READ_KB)):
        trace = answer.headers["X-Trace-Id"]
        own = [line for line in told if line["tags"].get("ai.operation.id") == trace]
        kilobytes = sum(len(json.dumps(line)) for line in own) / 1_000
        assert {one["data"]["baseType"] for one in own} <= {"RequestData", "RemoteDependencyData"}
        assert most / 4 < kilobytes <= most


def lines_of(body: bytes) -> list[dict[str, Any]]:
    """Return the envelopes of what was sent: a list, or one on each line."""
    text = body.decode()
    if text.startswith("["):
        lines: list[dict[str, Any]] = json.loads(text)
        return lines
    return [json.loads(line) for line in text.splitlines()]


def test_the_trace_of_one_creation_is_shown(tmp_path: Path) -> None:
    out = subprocess.run(
        [sys.executable, "-m", "local", "trace"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    [made, number, _, trace, *lines] = out.splitlines()
    hops = [line[13:53].rstrip() for line in lines]

    assert made.startswith("202 ")
    assert number.startswith("account number ")
    assert trace.startswith("trace ")
    assert hops[:2] == ["create_customer", "  send events"]
    assert "      convert_customer" in hops
    assert not personal(out)


def test_where_telemetry_cannot_go_is_said(tmp_path: Path) -> None:
    out = subprocess.run(
        [sys.executable, "-m", "local", "serve", "--telemetry", "somewhere"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert out.returncode == 2
    assert "none of console, otlp, file:PATH, off" in out.stderr
