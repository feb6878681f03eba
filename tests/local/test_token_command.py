"""python -m local token says what a token is not worth."""

import argparse

import pytest

from local.commands import token
from local.folder import Folder
from tests.api import COMPANY


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Employee", "--worker", "000160"], ""),
        (["Employee", "--worker", "999999"], "USRT has no worker 999999.\n"),
        (["Employee"], "USRT has no worker without --worker.\n"),
        (["Application"], ""),
    ],
    ids=str,
)
def test_it_warns_of_a_worker_whom_the_company_lets_in_nowhere(
    folder: Folder, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    parser = argparse.ArgumentParser()
    token.add_to(parser.add_subparsers(), folder.path)
    command = ["token", "--legal-entity", COMPANY, "--role", *arguments]
    options = parser.parse_args(command)

    assert token.run(options) == 0
    printed = capsys.readouterr()
    assert printed.err == told
    assert printed.out.count(".") == 2
