"""Starting and killing the host that fails as it is told."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import httpx

from local.folder import Folder
from tests.api import APPLICATION
from tests.e2e.hosts.server import PATIENCE, ROOT


class FaultyHost:
    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        token = Folder(data).tokens().issue(APPLICATION)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        with (self.data / "host.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.hosts.faulty_host",
                 str(self.data), str(self.port), *options],
                cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if httpx.get(f"{self.url}/api/health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError((self.data / "host.log").read_text())

    def died(self) -> int:
        """Wait until it is gone by itself, and return how it ended."""
        assert self.process
        return self.process.wait(timeout=PATIENCE)

    def kill(self) -> None:
        """As a power cut to the process."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=PATIENCE)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=PATIENCE)

    def customers(self) -> list[tuple[str, str, str | None, int]]:
        """Return id, status of synchronization, account number and version of each."""
        db = sqlite3.connect(Folder(self.data).database)
        try:
            return db.execute(
                "SELECT id, json_extract(body, '$.syncStatus'),"
                " json_extract(body, '$.accountNumber'), json_extract(body, '$.version')"
                " FROM customers WHERE json_extract(body, '$.type') = 'customer'"
            ).fetchall()
        finally:
            db.close()

    def waiting(self) -> list[tuple[str, int]]:
        """Return how many messages lie where, dead letters included."""
        db = sqlite3.connect(Folder(self.data).bus)
        try:
            return db.execute("SELECT entity, count(*) FROM mail GROUP BY entity").fetchall()
        finally:
            db.close()

    def told(self) -> dict[str, list[int]]:
        """Return the versions that each customer's events told of, in the order they came."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for line in (self.data / "told.txt").read_text().splitlines():
            subject, version, _ = line.split()
            found[subject].append(int(version))
        return found
