"""Ways to break the app that a host of our own would not notice, and Microsoft's worker does."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.conftest import NEEDS, ROOT

pytest.importorskip("azure_functions_runtime", reason=NEEDS)

EDGE = "functions/_http/edge.py"
FEED = "functions/feed_customers.py"
IMPORTS = "functions/feed_imports.py"
NAMED = "    entry.__name__, entry.__doc__"
RETURNS = '"return": func.HttpResponse}'
BREAKS = {
    "follows __wrapped__ to another signature": (
        EDGE, NAMED, f"    entry.__wrapped__ = handler  # type: ignore\n{NAMED}", "call",
    ),
    "an answer that is no HttpResponse": (EDGE, RETURNS, '"return": dict}', "return"),
    "arg_name is not the parameter": (
        FEED, 'arg_name="changes"', 'arg_name="documents"', "declared in Python but not",
    ),
    "a context of another name": (
        IMPORTS, "(changes: func.DocumentList)", "(changes: func.DocumentList, ctx: func.Context)",
        "ctx",
    ),
    "a type for another trigger": (
        FEED, "(changes: func.DocumentList)", "(changes: func.TimerRequest)", "changes",
    ),
    "two functions of one name": (
        IMPORTS, "async def run_imports", "async def repair_directory", "unique function name",
    ),
    "two apps": ("function_app.py", "app = func", "other = func.FunctionApp()\napp = func", "app"),
}  # fmt: skip


def loaded(folder: Path) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "tests" / "conformance" / "worker.py"), str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in ("functions", "shared"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("function_app.py", "host.json", "topology.json"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_a_copy_is_loaded(copied: Path) -> None:
    status, said = loaded(copied)

    assert status == 0, said
    assert "create_customer" in said


@pytest.mark.parametrize("what", sorted(BREAKS))
def test_a_broken_copy_is_refused(copied: Path, what: str) -> None:
    path, good, bad, reason = BREAKS[what]
    text = (copied / path).read_text()
    assert good in text, "what is broken here is there"
    (copied / path).write_text(text.replace(good, bad, 1))
    status, said = loaded(copied)

    assert status == 1, said
    assert reason in said
