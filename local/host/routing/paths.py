"""Paths of requests, as Kestrel passes them to routing and the host to a function."""

import re
from urllib.parse import quote

_TRIPLETS = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LONGEST_CHARACTER = 4  # bytes of UTF-8
_KEPT_IN_URL = "/:@&=+$,!;'()*%"


class BadPath(ValueError):
    """The path has a zero byte."""


def decoded_path(raw: bytes) -> str:
    """Return the path decoded, and without `.` and `..`.

    An encoded slash, and bytes that are no UTF-8, stay as they are written. Raises BadPath.
    """
    text = raw.decode("latin-1").partition("?")[0]
    if "%" in text:
        text = _TRIPLETS.sub(lambda found: _decoded(found[0]), text)
    if "\0" in text:
        raise BadPath
    return _without_dots(text) if "/." in text else text


def encoded_path(path: str) -> str:
    """Return a decoded path encoded anew: what need not be encoded is not, whatever was sent."""
    return quote(_BARE_PERCENT.sub("%25", path), safe=_KEPT_IN_URL)


def _decoded(triplets: str) -> str:
    encoded = bytes.fromhex(triplets.replace("%", ""))
    text, at = "", 0
    while at < len(encoded):
        character = "" if encoded[at : at + 1] == b"/" else _character(encoded[at:])
        size = len(character.encode()) or 1
        text += character or triplets[3 * at : 3 * at + 3]
        at += size
    return text


def _character(encoded: bytes) -> str:
    """Return the character that the bytes begin with; nothing for bytes that are none."""
    head = encoded[:_LONGEST_CHARACTER].decode(errors="ignore")
    return head[:1] if head and encoded.startswith(head[0].encode()) else ""


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    ends = "/" if kept and path.endswith(("/.", "/..")) else ""
    return "/" + "/".join(kept) + ends
