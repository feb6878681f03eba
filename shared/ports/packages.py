"""The port of the place where packages lie: immutable bytes under names like paths."""

import re
from collections.abc import AsyncIterator
from typing import Final, Protocol

from shared.core.errors import NotFound, Unavailable

MAX_SEGMENT_LENGTH: Final = 240  # a file name has 255 bytes, and an adapter may need some
PIECE_CHARACTERS: Final = 19  # up to four bytes each, and three characters for each byte
CONTINUED: Final = "+/"  # what a folder ends with that is only the beginning of a longer one
ESCAPED: Final = re.compile(rb"[^A-Za-z0-9_-]")
ESCAPED_IN_FILES: Final = re.compile(rb"[^A-Za-z0-9_.-]")
NAME: Final = re.compile(
    rf"(?:[A-Za-z0-9_~+-]{{1,{MAX_SEGMENT_LENGTH}}}/)+"
    rf"(?=[^/]{{1,{MAX_SEGMENT_LENGTH}}}\Z)[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)+"
)
PREFIX: Final = re.compile(r"[A-Za-z0-9_~+./-]*")


class PackageMissing(NotFound):
    """There are no bytes of that name: they were never put, or were removed."""

    code = "package-missing"


class PackagesUnavailable(Unavailable):
    """The place of packages does not respond, is full, or this process has none."""

    code = "packages-unavailable"


class Packages(Protocol):
    """Bytes in one place, for all processes. Every method may raise PackagesUnavailable.

    Names are those that `name_of` makes; any other is a ValueError.
    """

    async def put(self, name: str, content: bytes) -> None:
        """Store all bytes under the name, or none; what was there before is replaced at once.

        Once it returns, a power failure does not undo it. If it raises, they may be stored or
        not: put them again, which is harmless.
        """
        ...

    async def read(self, name: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to but not including `end`, with 0 <= start < end.

        Fewer than that, or none, where they end before. Raises PackageMissing.
        """
        ...

    async def remove(self, name: str) -> None:
        """Remove the bytes; who reads them now gets all of them or PackageMissing.

        If they are not there, that is no error, because a removal may be repeated.
        """
        ...

    def names(self, prefix: str) -> AsyncIterator[str]:
        """Yield all names that begin with these characters, in any order.

        What is put or removed meanwhile may or may not be among them.
        """
        ...


class NoPackages:
    """The packages of a process without a place for them."""

    async def put(self, name: str, content: bytes) -> None:
        raise PackagesUnavailable(f"No place is connected for {name} of {len(content)} bytes.")

    async def read(self, name: str, start: int, end: int) -> bytes:  # noqa: ARG002  # the port's names
        raise PackagesUnavailable(f"No place is connected to read {name} from.")

    async def remove(self, name: str) -> None:
        raise PackagesUnavailable(f"No place is connected to remove {name} from.")

    def names(self, prefix: str) -> AsyncIterator[str]:
        raise PackagesUnavailable(f"No place is connected to look for {prefix} in.")


def name_of(*folders: str, file: str) -> str:
    """Return the name of `file` in `folders`, whatever characters keys of them hold.

    Letters, digits, `-` and `_` stay as they are, and dots in `file`, which has at least one. What
    else there is becomes `~` and two hex digits for each byte in UTF-8. So no name leaves its
    folder, and two different ones never become the same. Raises ValueError.
    """
    name = "/".join([*map(_folder, folders), _escaped(file, ESCAPED_IN_FILES)])
    check_name(name)
    return name


def segments_of(name: str) -> tuple[str, ...]:
    """Return the folders and the file that `name_of` made this name of."""
    whole = name.replace(CONTINUED, "")
    return tuple(
        re.sub(rb"~([0-9A-F]{2})", _unescaped, segment.encode()).decode()
        for segment in whole.split("/")
    )


def check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a package")


def check_prefix(prefix: str) -> None:
    if not PREFIX.fullmatch(prefix):
        raise ValueError(f"no name of a package begins with {prefix!r}")


def check_range(start: int, end: int) -> None:
    if not 0 <= start < end:
        raise ValueError(f"{start} to {end} is no range of bytes")


def _folder(text: str) -> str:
    escaped = _escaped(text, ESCAPED)
    if len(escaped) <= MAX_SEGMENT_LENGTH:
        return escaped
    starts = range(0, len(text), PIECE_CHARACTERS)
    pieces = [text[start : start + PIECE_CHARACTERS] for start in starts]
    return CONTINUED.join(_escaped(piece, ESCAPED) for piece in pieces)


def _escaped(text: str, forbidden: re.Pattern[bytes]) -> str:
    return forbidden.sub(_escape, text.encode()).decode("ascii")


def _escape(match: re.Match[bytes]) -> bytes:
    return b"~%02X" % match[0][0]


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)])
