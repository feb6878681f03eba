"""Session tokens, so that callers read their own writes from any instance of the app.

With session consistency a replica may lag behind for a moment. The store returns a token with each
write; a read with that token is served by a replica that has seen the write. The tokens of a
request are returned in a header, and callers that send it back read their own writes. The header
is sealed for its company and caller: what the store would have to wait for is nobody's to choose.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field

from pydantic_core import from_json, to_json

from shared.platform.seals import Seal, SealBroken


@dataclass(slots=True)
class Session:
    """Tokens by container. `written` is true once this request has added to them."""

    tokens: dict[str, str] = field(default_factory=dict)
    written: bool = False

    @classmethod
    def opened(cls, text: str | None, seal: Seal, scope: str) -> "Session":
        """Return the session that a caller sent; a new one if it was not given to this caller."""
        try:
            return cls(from_json(seal.open(text, scope))) if text else cls()
        except SealBroken:
            return cls()

    def sealed(self, seal: Seal, scope: str) -> str:
        """Return the session as a caller sends it back."""
        return seal.seal(to_json(self.tokens), scope)

    def wrote(self, container: str, token: str) -> None:
        self.tokens[container] = merged(self.tokens.get(container), token)
        self.written = True


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
