"""A host of its own process, started the way a person starts it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.personal_data import personal

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0


class Server:
    def __init__(self, data: Path, *options: str, env: dict[str, str] | None = None) -> None:
        self.data = data
        command = [
            sys.executable, "-m", "local", "serve", "--port", "0", "--data", str(data),
            "--log-level", "warning", *options,
        ]  # fmt: skip
        self.log = data.parent / f"{data.name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True,
                start_new_session=True, env={**os.environ, **(env or {})},
            )  # fmt: skip
        self.url = self._read_url()
        self._wait()

    def token(self, role: str = "Application", *options: str) -> str:
        command = [
            sys.executable, "-m", "local", "token", "--role", role, "--legal-entity", "USRT",
            "--data", str(self.data), *options,
        ]  # fmt: skip
        out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return out.stdout.splitlines()[-1]

    def client(self, role: str = "Application", *options: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token(role, *options)}"}
        return httpx.Client(base_url=f"{self.url}/api/v1/USRT", headers=headers, timeout=PATIENCE)

    def kill(self) -> None:
        """As a power cut to the process: no shutdown, nothing flushed."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self._reap()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self._reap()
        return self.process.returncode

    def _reap(self) -> None:
        self.process.wait(timeout=PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()

    def _read_url(self) -> str:
        assert self.process.stdout
        for line in self.process.stdout:
            if match := re.search(r"running on (http://\S+)", line):
                return match[1]
        raise AssertionError(self.log.read_text())

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if httpx.get(f"{self.url}/api/health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())


@contextmanager
def serving(data: Path, *options: str, env: dict[str, str] | None = None) -> Iterator[Server]:
    server = Server(data, *options, env=env)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
    assert not personal(server.log.read_text())
