"""The host under load."""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.load import Request, Result, run

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Target:
    host: str
    port: int
    token: str  # of an associate, as a POS has it
    application_token: str
    administrator_token: str
    pid: int
    folder: Path

    async def load(self, requests: Iterator[Request], **options: Any) -> Result:
        options.setdefault("token", self.token)
        return await run(requests, host=self.host, port=self.port, **options)

    async def send(self, request: Request, token: str | None = None) -> Any:
        """Send one request, as soon as the host is up, and return the answer."""
        for _ in range(200):
            try:
                result = await self.load(
                    iter([request]),
                    concurrency=1,
                    keep=lambda _: True,
                    token=token or self.application_token,
                )
                return json.loads(result.bodies[0])
            except ConnectionError:
                await asyncio.sleep(0.05)
        raise RuntimeError("the host does not answer")

    def cpu_seconds(self) -> float:
        """Return the processor seconds of the host and its workers (Linux only)."""
        return sum(_cpu_seconds(pid) for pid in _family(self.pid))

    def memory(self) -> float:
        """Return the resident memory of the host and its workers in MiB (Linux only)."""
        return sum(_resident_mib(pid) for pid in _family(self.pid))


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(process for child in children for process in _family(int(child)))]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0
