"""The smoke test of a deployed app, against the local host: it leaves nothing behind."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.hosts.server import ROOT, Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("smoke") / "data", "--demo") as one:
        yield one


def smoke(server: Server, **tokens: str) -> tuple[int, list[str]]:
    out = subprocess.run(
        [sys.executable, "-m", "tools.smoke", server.url], cwd=ROOT, capture_output=True,
        text=True, check=False, env=os.environ | tokens,
    )  # fmt: skip
    return out.returncode, out.stdout.splitlines()


def test_all_is_right_and_nothing_is_left(server: Server) -> None:
    tokens = {"TOKEN": server.token(), "ADMIN_TOKEN": server.token("Administrator")}
    status, lines = smoke(server, **tokens)
    with server.client() as client:
        found = client.get("/customers?q=smoketest").json()["items"]

    assert status == 0, lines
    assert [line for line in lines[:-1] if not line.startswith("ok ")] == []
    assert lines[-1].startswith("20 of 20 right, 0 not asked")
    assert found == []


def test_without_an_administrator_it_says_what_was_not_asked(server: Server) -> None:
    status, lines = smoke(server, TOKEN=server.token())

    assert status == 0, lines
    assert lines[-1].startswith("17 of 17 right, 3 not asked")


def test_what_is_wrong_is_said_and_ends_with_1(server: Server) -> None:
    status, lines = smoke(server, TOKEN="none")

    assert status == 1
    assert "WRONG" in "".join(lines)
