"""A worker in a process of its own, for an app that is not this one."""

import subprocess
import sys
from pathlib import Path

WORKER = Path(__file__).with_name("worker.py")
PATIENCE = 60.0  # seconds


def run_worker(folder: Path, *asked: str) -> subprocess.CompletedProcess[str]:
    """Load the app of the folder and invoke what is asked for; the code is 1 if it is refused."""
    return subprocess.run(
        [sys.executable, "-I", str(WORKER), str(folder)],  # -I: no other app is within reach
        cwd=folder,
        input="\n".join(asked),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
