"""A body of lines, cut into chunks that a commit can hold.

A line that is not UTF-8 is kept as it came, to be shown to who sent it.
"""

import base64
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import from_json, to_json

from shared.core.errors import Invalid

LINES_IN_CHUNK = 80  # with a document for each, still one commit
BYTES_IN_CHUNK = 512 * 1024  # twice that once its quotes are escaped
MAX_LINE_LENGTH = 256 * 1024  # characters
NOT_UTF_8 = "\0not-utf-8:"  # before the bytes of such a line in base64; no JSON begins with it
MAX_BYTES_SHOWN = 200  # characters of base64
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Line = tuple[int, str]


def lines(body: bytes) -> Iterator[Line]:
    """Yield the lines that say something, with their numbers from 1."""
    start, number = len(BYTE_ORDER_MARK) if body.startswith(BYTE_ORDER_MARK) else 0, 0
    while start < len(body):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        number += 1
        text = _text(body[start:end])
        start = end + 1
        if text:
            yield number, text


def _text(line: bytes) -> str:
    try:
        return line.decode().strip()
    except UnicodeDecodeError:
        return NOT_UTF_8 + base64.b64encode(line).decode()


def check_text(text: str) -> None:
    """Refuse a line that is too long to be read, or not UTF-8. Raises Invalid."""
    if text.startswith(NOT_UTF_8):
        kept = text[len(NOT_UTF_8) :][:MAX_BYTES_SHOWN]
        raise Invalid.at("", "not-utf-8", f"The line is not UTF-8; it begins, in base64: {kept}")
    if len(text) >= MAX_LINE_LENGTH:
        raise Invalid.at(
            "", "line-too-long", f"A line must have less than {MAX_LINE_LENGTH} characters."
        )


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
