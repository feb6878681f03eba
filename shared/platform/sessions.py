"""Session tokens, so that callers read their own writes from any instance of the app.

With session consistency a replica may lag behind for a moment. The store returns a token with each
write; a read with that token is served by a replica that has seen the write. The tokens of a
request are returned in a header, and callers that send it back read their own writes.
"""

import re
from contextvars import ContextVar
from dataclasses import dataclass, field

_TOKENS = "([a-z]{1,40}) ([A-Za-z0-9_:#=,-]{1,2000})"
_ENTRY = re.compile(_TOKENS)
PATTERN = f"^{_TOKENS}(; {_TOKENS})*$"


class BadSession(ValueError):
    """The text is not a session of this app."""


@dataclass(slots=True)
class Session:
    """Tokens by container. `written` is true once this request has added to them."""

    tokens: dict[str, str] = field(default_factory=dict)
    written: bool = False

    @classmethod
    def read(cls, text: str | None) -> "Session":
        """Parse the session that a caller sent. Raises BadSession."""
        if not text:
            return cls()
        entries = [_ENTRY.fullmatch(entry.strip()) for entry in text.split(";")]
        tokens = {entry[1]: entry[2] for entry in entries if entry}
        if len(tokens) != len(entries):
            raise BadSession(text)
        return cls(tokens)

    def wrote(self, container: str, token: str) -> None:
        self.tokens[container] = merged(self.tokens.get(container), token)
        self.written = True

    def __str__(self) -> str:
        return "; ".join(f"{name} {token}" for name, token in sorted(self.tokens.items()))


def merged(first: str | None, second: str) -> str:
    """Return a token as recent as both: for each physical partition the later version."""
    versions: dict[str, str] = {}
    for part in [*(first.split(",") if first else ()), *second.split(",")]:
        physical_partition, _, version = part.partition(":")
        if physical_partition not in versions or _number(version) > _number(
            versions[physical_partition]
        ):
            versions[physical_partition] = version
    return ",".join(
        f"{physical_partition}:{version}" for physical_partition, version in versions.items()
    )


def _number(version: str) -> int:
    """Return the global sequence number in `version#number#...`."""
    number = version.split("#")[1:2]
    return int(number[0]) if number and number[0].isdecimal() else 0


session: ContextVar[Session | None] = ContextVar("session", default=None)
