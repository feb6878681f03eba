"""A body of lines, cut into chunks that a commit can hold."""

import base64
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import from_json, to_json

LINES_IN_CHUNK = 80  # with a document for each, still one commit
BYTES_IN_CHUNK = 512 * 1024  # twice that once its quotes are escaped
MAX_LINE_LENGTH = 256 * 1024  # characters

Line = tuple[int, str]


def lines(body: bytes) -> Iterator[Line]:
    """Yield the lines that say something, with their numbers from 1."""
    start, number = 0, 0
    while start < len(body):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        number += 1
        text = body[start:end].decode("utf-8", errors="replace").strip()
        start = end + 1
        if text:
            yield number, text


def chunks(body: bytes) -> Iterator[list[Line]]:
    """Yield the lines in chunks; one that is too long is cut, and then too long to be read."""
    chunk: list[Line] = []
    size = 0
    for number, text in lines(body):
        line = (number, text[:MAX_LINE_LENGTH])
        if chunk and (len(chunk) == LINES_IN_CHUNK or size + len(text) > BYTES_IN_CHUNK):
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += len(line[1])
    if chunk:
        yield chunk


def packed(chunk: Sequence[Line]) -> str:
    """Return the chunk as text of about a quarter of its size: a store charges by size."""
    return base64.b85encode(zlib.compress(to_json(chunk))).decode()


def unpacked(content: Any) -> list[Line]:
    """Return the lines of a chunk, packed or not."""
    if isinstance(content, str):
        content = from_json(zlib.decompress(base64.b85decode(content)))
    return [(number, text) for number, text in content]
