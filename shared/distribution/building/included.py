"""What a run includes, and its builds wait for."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from shared.context import Context
from shared.distribution.domain.runs import CustomerVersion, Run
from shared.distribution.index.customers import is_indexed
from shared.distribution.runs.results import note_lacking

PATIENCE_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.1


async def await_included(run: Run, context: Context) -> None:
    """Wait until the index has what the run includes; say what it lacks after that."""
    end = time.monotonic() + PATIENCE_SECONDS
    # A build that goes on, and other groups of the run, do not wait once more.
    lacking: Sequence[CustomerVersion] = [one for one in run.includes if one not in run.lacking]
    while lacking := [
        one for one in lacking if not await is_indexed(one.customer_id, one.version, context)
    ]:
        if time.monotonic() >= end:
            await note_lacking(run.id, lacking, context)
            return
        await asyncio.sleep(POLL_SECONDS)
