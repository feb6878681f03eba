"""What a caller has written and must see again, whichever instance answers her next.

With session consistency a replica may lag behind by a moment. The store gives a token with each
write; a read that brings it waits for, or goes to, a replica that has come that far. The tokens of
one request go to the caller in a header, and whoever sends that header back reads her own writes.
"""

import re
from contextvars import ContextVar
from dataclasses import dataclass, field

_TOKENS = "([a-z]{1,40}) ([A-Za-z0-9_:#=,-]{1,2000})"
_PART = re.compile(_TOKENS)
PATTERN = f"^{_TOKENS}(; {_TOKENS})*$"


class BadSession(ValueError):
    """The text is no session of ours."""


@dataclass(slots=True)
class Session:
    """Tokens by container. `written` says that this request has added to them."""

    tokens: dict[str, str] = field(default_factory=dict)
    written: bool = False

    @classmethod
    def read(cls, text: str | None) -> "Session":
        """Return the session that a caller sent. Raises BadSession."""
        if not text:
            return cls()
        parts = [_PART.fullmatch(one.strip()) for one in text.split(";")]
        tokens = {one[1]: one[2] for one in parts if one}
        if len(tokens) != len(parts):
            raise BadSession(text)
        return cls(tokens)

    def wrote(self, container: str, token: str) -> None:
        self.tokens[container] = merged(self.tokens.get(container), token)
        self.written = True

    def __str__(self) -> str:
        return "; ".join(f"{name} {token}" for name, token in sorted(self.tokens.items()))


def merged(one: str | None, other: str) -> str:
    """Return a token that is as far as both: for each physical partition the later place."""
    places: dict[str, str] = {}
    for part in [*(one.split(",") if one else ()), *other.split(",")]:
        name, _, place = part.partition(":")
        if name not in places or _number(place) > _number(places[name]):
            places[name] = place
    return ",".join(f"{name}:{place}" for name, place in places.items())


def _number(place: str) -> int:
    """Return the global sequence number in `version#number#...`."""
    number = place.split("#")[1:2]
    return int(number[0]) if number and number[0].isdecimal() else 0


session: ContextVar[Session | None] = ContextVar("session", default=None)
