"""The app in Microsoft's worker, in this process, over the same backend as the local host."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from function_app import app

ROOT = Path(__file__).parent.parent.parent
NEEDS = "Microsoft's worker library needs Python 3.13 or later"


@pytest.fixture(scope="session")
def worker() -> Iterator[Any]:
    pytest.importorskip("azure_functions_runtime", reason=NEEDS)
    from tests.conformance.worker import Worker  # noqa: PLC0415  # not there below 3.13

    app.functions_bindings = None  # names seen by an earlier reader would count as taken
    started = asyncio.run(Worker(ROOT).start())
    app.functions_bindings = None
    yield started
    started.stop()
