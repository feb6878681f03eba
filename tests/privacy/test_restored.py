"""A backup from before an erasure is restored: who was erased is erased again."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.api import a_customer, an_email
from tests.e2e.hosts.server import ROOT, Server

PATIENCE_SECONDS = 60.0


def command(*arguments: str, data: Path) -> str:
    line = [sys.executable, "-m", "local", "erasures", *arguments, "--data", str(data)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def is_completed(boss: httpx.Client, path: str) -> bool:
    """Wait until the erasure is completed."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        erasure = boss.get(path)
        if erasure.status_code == 200 and erasure.json()["state"] == "Completed":
            return True
        time.sleep(0.1)
    return False


def test_who_was_erased_is_erased_again_after_a_restore(tmp_path: Path) -> None:
    data, backup, listed = tmp_path / "data", tmp_path / "backup", tmp_path / "erased.jsonl"
    server = Server(data, "--demo")
    with server.client() as web:
        body = a_customer(contacts=[an_email()])
        karen = web.post("/customers", json=body).json()
        kept = web.post("/customers", json=a_customer(firstName="Kept")).json()
    server.stop()
    shutil.copytree(data, backup)
    server = Server(data)
    path = f"/customers/{karen['id']}/erasure"
    with server.client("Administrator") as boss:
        request = {"reason": "asked", "immediately": True}
        assert boss.post(path, json=request).status_code == 202
        assert is_completed(boss, path)
    server.stop()
    listed.write_text(command("list", data=data))
    nothing = command("replay", data=data)
    replayed = command("replay", "--from", str(listed), data=backup)
    server = Server(backup)
    with server.client("Administrator") as boss:
        assert is_completed(boss, path)
        assert boss.get(f"/customers/{karen['id']}").json()["status"] == "Erased"
        assert boss.get(f"/customers/{kept['id']}").json()["firstName"] == "Kept"
    server.stop()

    [line] = listed.read_text().splitlines()
    assert karen["id"] in line
    assert "karen@" not in line.lower()
    assert nothing.startswith("0 of 1 ")
    assert replayed.startswith("1 of 1 ")
