"""Tokens of the local host: who has its key, and what they say."""

import argparse
import os
from pathlib import Path

import pytest

from local.commands import token as command
from local.folder import Folder
from local.tokens import Bearer, LocalTokens
from shared.core.errors import Unauthenticated

NOW = 1_600_000_000.0


def printed(capsys: pytest.CaptureFixture[str], data: Path, *options: str) -> str:
    parser = argparse.ArgumentParser()
    command.add_to(parser.add_subparsers(), data)
    chosen = parser.parse_args(["token", "--legal-entity", "USRT", *options])
    assert chosen.run(chosen) == 0
    return capsys.readouterr().out.splitlines()[-1]


async def test_a_printed_token_says_what_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = printed(
        capsys, tmp_path, "--role", "Employee", "--worker", "000160", "--store", "HOUSTON",
        "--till", "till-7",
    )  # fmt: skip
    claims = await Folder(tmp_path).tokens().verify(token)

    assert (claims.role, claims.legal_entities) == ("Employee", ("USRT",))
    assert (claims.personnel_number, claims.store_number) == ("000160", "HOUSTON")
    assert claims.till == "till-7"


async def test_only_an_employee_acts_through_a_till() -> None:
    tokens = LocalTokens(b"k" * 32)
    system = tokens.issue(Bearer("Application", ("USRT",), till="till-7"))

    assert (await tokens.verify(system)).till is None


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_nobody_else_on_the_machine_can_read_the_key(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        Folder(tmp_path / "data").key("token")
    finally:
        os.umask(before)

    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "data").glob("*.key")} == {0o600}


async def test_a_token_of_another_folder_is_refused(tmp_path: Path) -> None:
    token = Folder(tmp_path / "one").tokens().issue(Bearer("Application", ("USRT",)))

    with pytest.raises(Unauthenticated):
        await Folder(tmp_path / "two").tokens().verify(token)


async def test_a_clock_may_be_a_minute_off() -> None:
    token = LocalTokens(b"k" * 32, clock=lambda: NOW).issue(
        Bearer("Application", ("USRT",)), seconds=0
    )

    assert (await LocalTokens(b"k" * 32, clock=lambda: NOW + 59).verify(token)).subject == "local"
    with pytest.raises(Unauthenticated, match="expired"):
        await LocalTokens(b"k" * 32, clock=lambda: NOW + 60).verify(token)
