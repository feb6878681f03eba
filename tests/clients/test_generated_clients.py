"""Typed clients are generated from the description, checked strictly, and used against a host.

They are installed from the registries of npm and PyPI into a folder of their own, so this takes
`--long`, and node with npm for the client in TypeScript.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.hosts.server import ROOT, Server, serving

HERE = Path(__file__).parent
PAGE = ROOT / "docs" / "clients.md"
PYTHON_PACKAGES = ("openapi-python-client==0.29.1",)
NODE_PACKAGES = (
    "openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3", "@types/node@20.19.24",
)  # fmt: skip
GENERATE_PYTHON = (
    "openapi-python-client generate --path openapi.json --meta none --output-path libro_client"
)
GENERATE_TYPES = "openapi-typescript openapi.json --output schema.d.ts --default-non-nullable false"
COMPILE = (
    "tsc --strict --skipLibCheck --target es2022 --module esnext --moduleResolution bundler "
    "edit_customer.ts"
)
INSTALLING_SECONDS = 600
RUNNING_SECONDS = 120


def run(*command: str, folder: Path, seconds: float = RUNNING_SECONDS) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=seconds
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def server(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    if not pytestconfig.getoption("--long"):
        pytest.skip("it installs generators from npm and PyPI: run with --long")
    with serving(tmp_path_factory.mktemp("host") / "data", "--demo") as server:
        yield server


@pytest.fixture
def folder(server: Server, tmp_path: Path) -> Path:
    """A folder with the description of the API."""
    answer = httpx.get(f"{server.url}/api/openapi.json")
    (tmp_path / "openapi.json").write_bytes(answer.content)
    return tmp_path


def test_a_client_for_python_creates_finds_and_edits_a_customer(
    server: Server, folder: Path
) -> None:
    run(sys.executable, "-m", "venv", "venv", folder=folder)
    python = str(folder / "venv" / "bin" / "python")
    install = (python, "-m", "pip", "install", "--quiet", *PYTHON_PACKAGES)
    run(*install, folder=folder, seconds=INSTALLING_SECONDS)
    generator, *options = GENERATE_PYTHON.split()
    run(str(folder / "venv" / "bin" / generator), *options, folder=folder)
    shutil.copy(HERE / "edit_customer.py", folder)

    check = ("-m", "mypy", "--strict", "--follow-imports", "silent", "--python-executable", python)
    run(sys.executable, *check, "edit_customer.py", folder=folder)
    out = run(python, "edit_customer.py", server.url, server.token(), folder=folder)

    assert re.fullmatch(r"Karen Lindqvist \d{6}\n", out)


@pytest.mark.skipif(shutil.which("npm") is None, reason="it takes node with npm")
def test_a_client_in_typescript_creates_finds_and_edits_a_customer(
    server: Server, folder: Path
) -> None:
    (folder / "package.json").write_text(json.dumps({"type": "module", "private": True}))
    install = ("npm", "install", "--silent", "--no-audit", "--no-fund", *NODE_PACKAGES)
    run(*install, folder=folder, seconds=INSTALLING_SECONDS)
    shutil.copy(HERE / "edit_customer.ts", folder)

    run("npx", *GENERATE_TYPES.split(), folder=folder)
    run("npx", *COMPILE.split(), folder=folder)
    out = run("node", "edit_customer.js", server.url, server.token(), folder=folder)

    assert re.fullmatch(r"Karen Lindqvist \d{6}\n", out)


@pytest.mark.parametrize("script", ["edit_customer.py", "edit_customer.ts"])
def test_the_page_about_clients_quotes_the_scripts(script: str) -> None:
    assert (HERE / script).read_text() in PAGE.read_text()


def test_the_page_about_clients_gives_the_commands_that_are_tested() -> None:
    page = " ".join(PAGE.read_text().replace("\\\n", " ").split())

    for command in (GENERATE_PYTHON, GENERATE_TYPES, COMPILE):
        assert command in page
    for package in (*PYTHON_PACKAGES, *NODE_PACKAGES):
        assert package in page
