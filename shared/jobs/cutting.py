"""Cutting a body of lines into chunks, without keeping others waiting meanwhile."""

import asyncio
from typing import Final

from shared.core.errors import TooLarge
from shared.jobs.domain.lines import Line, chunks, packed

MAX_LINES: Final = 100_000  # of a body, empty ones too
Contents = list[list[Line]]  # of a body, by chunk
SLICE: Final = 1024 * 1024  # bytes looked at before others have their turn


class TooManyLines(TooLarge):
    """The body has more lines than a job takes. Send several bodies."""

    code = "too-many-lines"


async def cut(body: bytes) -> Contents:
    """Return the lines in chunks. They are counted before anything else. Raises TooManyLines."""
    count = 0
    for start in range(0, len(body), SLICE):
        count += body.count(b"\n", start, start + SLICE)
        if count > MAX_LINES:
            raise TooManyLines(f"A body has at most {MAX_LINES} lines, empty ones too.")
        await asyncio.sleep(0)
    return await asyncio.to_thread(lambda: list(chunks(body)))


async def pack(contents: Contents) -> list[str]:
    """Return the chunks as they are stored."""
    return await asyncio.to_thread(lambda: list(map(packed, contents)))
