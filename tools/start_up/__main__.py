"""Measures the imports in processes of their own, one after the other, and prints the table."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
RUNS = 9
BARE = "azure.functions"
ROWS = {
    BARE: "`import azure.functions` alone",
    "azure.functions, pydantic.main, pydantic.types": "and pydantic",
    "function_app": "`import function_app`",
}
TIMED = "import time; begun = time.process_time(); import {}; print(time.process_time() - begun)"
LINE = re.compile(r"import time:\s+\d+ \|\s+(\d+) \| (\S+)")


def run(code: str, *flags: str, bytecode: str | None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= (
        {"PYTHONPYCACHEPREFIX": bytecode} if bytecode else {"PYTHONDONTWRITEBYTECODE": "1"}
    )
    command = [sys.executable, *flags, "-c", code]
    return subprocess.run(  # ourselves
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )


def cpu_milliseconds(modules: str, bytecode: str | None) -> float:
    return float(run(TIMED.format(modules), bytecode=bytecode).stdout) * 1000


def import_milliseconds(modules: str, bytecode: str | None) -> float:
    """Return what `-X importtime` says, added up over the modules that are named."""
    found = LINE.findall(run(f"import {modules}", "-X", "importtime", bytecode=bytecode).stderr)
    took = {name: int(microseconds) for microseconds, name in found}
    return sum(took[name] for name in modules.split(", ")) / 1000


def main() -> None:
    out = []
    with tempfile.TemporaryDirectory() as bytecode:
        for modules in ROWS:
            run(f"import {modules}", bytecode=bytecode)
        measured = {
            name: [
                (import_milliseconds(modules, kept), cpu_milliseconds(modules, kept))
                for _ in range(RUNS)
            ]
            for name, modules, kept in (
                *((words, modules, bytecode) for modules, words in ROWS.items()),
                ("the same, without bytecode of our own", "function_app", None),
            )
        }
    medians = {
        name: [statistics.median(column) for column in zip(*times, strict=True)]
        for name, times in measured.items()
    }
    [_, bare] = medians[ROWS[BARE]]
    for name, (took, cost) in medians.items():
        out.append(f"| {name} | {took:.0f} | {cost:.0f} | {cost / bare:.1f} |")
    head = "| | `-X importtime`, ms | processor, ms | times azure.functions |\n|---|---|---|---|\n"
    sys.stdout.write(head + "\n".join(out) + "\n")


if __name__ == "__main__":
    main()
