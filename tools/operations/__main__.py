"""python -m tools.operations: write docs/operations.md again."""

import asyncio
import tempfile
from pathlib import Path

from local.folder import Folder
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.server import served
from tools.operations.table import PAGE, Rows, measured, page


def rows(endpoint: Endpoint, *, default_policy: bool) -> Rows:
    endpoint.default_policy = default_policy
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measured(endpoint, Folder(Path(folder)), f"d-{default_policy}"))


with served(Endpoint()) as account:
    ours = rows(account, default_policy=False)
    PAGE.write_text(page(ours, rows(account, default_policy=True)))
    print(PAGE.read_text())
