"""The tokens of a Bicep file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

TOKEN = re.compile(
    r"""(?P<skip>[ \t\r]+|//[^\n]*|/\*.*?\*/|\#disable-next-line[^\n]*)
      |(?P<newline>\n)
      |(?P<number>\d+)
      |(?P<name>[A-Za-z_]\w*)
      |(?P<sign>=>|==|!=|<=|>=|&&|\|\||\?\?|\.\?|\[\?|[-+*/%<>!?:.,=@()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class NotSupported(Exception):
    """The file uses syntax or a function that the reader does not support."""


@dataclass(frozen=True, slots=True)
class Token:
    """`parts` are those of a quoted text: each is literal text or, if true, code."""

    kind: str
    text: str
    line: int
    parts: tuple[tuple[str, bool], ...] = ()


def tokens(source: str) -> Iterator[Token]:
    at = 0
    while at < len(source):
        line = source.count("\n", 0, at) + 1
        if source[at] == "'":
            parts, after = _quoted(source, at)
            yield Token("text", source[at:after], line, parts)
            at = after
            continue
        match = TOKEN.match(source, at)
        if match is None:
            _refuse(line, source[at : at + 20])
        if match.lastgroup != "skip":
            yield Token(str(match.lastgroup), match.group(), line)
        at = match.end()
    yield Token("end", "", source.count("\n") + 1)


def _quoted(source: str, start: int) -> tuple[tuple[tuple[str, bool], ...], int]:
    """Return the parts of the quoted text at `start`, and the position after it."""
    if source.startswith("'''", start):
        _refuse(source.count("\n", 0, start) + 1, "'''")
    parts: list[tuple[str, bool]] = []
    plain, at = "", start + 1
    while source[at] != "'":
        if source.startswith("${", at):
            end = _closing(source, at + 2)
            parts += [(plain, False), (source[at + 2 : end], True)]
            plain, at = "", end + 1
        elif source[at] == "\\":
            plain += ESCAPES.get(source[at + 1], source[at + 1])
            at += 2
        else:
            plain += source[at]
            at += 1
    return (*parts, (plain, False)), at + 1


def _closing(source: str, at: int) -> int:
    depth = 0
    while source[at] != "}" or depth:
        if source[at] == "'":
            at = _quoted(source, at)[1]
            continue
        depth += {"{": 1, "}": -1}.get(source[at], 0)
        at += 1
    return at


def _refuse(line: int, near: str) -> NoReturn:
    raise NotSupported(f"line {line}: near {near!r}")
