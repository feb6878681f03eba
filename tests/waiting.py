"""Waiting for what happens in its own time."""

import asyncio
from typing import Any


async def eventually(seconds: float, condition: Any, *, pause: float = 0.05) -> Any:
    """Return what the condition returns once that is true."""
    async with asyncio.timeout(seconds):
        while not (found := await condition()):
            await asyncio.sleep(pause)
    return found
