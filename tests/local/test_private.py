"""What lies in the data folder, and what a command writes, is for its owner alone."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.folder import Folder
from local.private import OWNER_ONLY
from local.store import SqliteDocuments
from shared.ports.documents import Create
from tests.api import a_customer
from tests.e2e.hosts.server import ROOT, serving


@pytest.fixture(autouse=True)
def _generous_umask() -> Iterator[None]:
    """As on most machines, where what a process makes can be read by all."""
    usual = os.umask(0o022)
    yield
    os.umask(usual)


def open_to_others(root: Path) -> dict[str, str]:
    """Return what others may do something with, and its mode."""
    paths = [root, *root.rglob("*")]
    modes = {str(path.relative_to(root.parent)): path.stat().st_mode & 0o777 for path in paths}
    return {path: f"{mode:o}" for path, mode in modes.items() if mode & OWNER_ONLY}


def test_nothing_that_the_host_writes_can_be_read_by_others(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir(mode=0o700)
    spans = f"file:{work / 'spans.jsonl'}"
    with (
        serving(work / "data", "--demo", "--telemetry", spans) as server,
        server.client() as client,
    ):
        made = client.post("/customers", json=a_customer())
        while_open = open_to_others(work)
    (work / "people.jsonl").write_text('{"firstName": 5}\n{"lastName": "Berg"}\n')
    (work / "people.jsonl").chmod(0o600)
    with serving(work / "data") as server:
        command = [
            sys.executable, "-m", "local", "import", "people.jsonl", "--legal-entity", "USRT",
            "--store", "HOUSTON", "--url", server.url, "--data", str(work / "data"),
        ]  # fmt: skip
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(command, cwd=work, check=False, capture_output=True, env=env)

    assert made.status_code == 201
    assert {path.name for path in (work / "data").iterdir()} >= {"libro.db", "bus.db", "token.key"}
    [refused] = (work / "people.jsonl.refused.jsonl").read_text().splitlines()
    assert json.loads(refused)
    logs = {"work/data.log"}  # the shell's own, where the test sends standard error
    assert while_open.keys() - logs == set()
    assert open_to_others(work).keys() - logs == set()


async def test_a_store_in_a_folder_of_somebody_else_is_private(tmp_path: Path) -> None:
    documents = SqliteDocuments(tmp_path / "libro.db")
    await documents.commit("customers", ("c", "USRT"), [Create({"id": "a"})])
    modes = {path.name: path.stat().st_mode & OWNER_ONLY for path in tmp_path.glob("libro.db*")}
    documents.close()

    assert modes == {"libro.db": 0, "libro.db-wal": 0, "libro.db-shm": 0}


def test_what_an_older_version_left_open_is_closed(tmp_path: Path) -> None:
    for name in ("libro.db", "libro.db-wal", "bus.db"):
        (tmp_path / name).write_bytes(b"")
        (tmp_path / name).chmod(0o644)
    tmp_path.chmod(0o755)
    Folder(tmp_path)
    others = open_to_others(tmp_path)
    Folder(tmp_path).key("token")
    Folder(tmp_path)

    assert others == {tmp_path.name: "755"}, "a folder without keys is not ours to close"
    assert open_to_others(tmp_path) == {}
