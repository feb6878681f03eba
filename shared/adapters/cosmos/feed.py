"""Where a reader of a change feed stands: in each physical partition by itself.

The SDK follows all partitions with one continuation, and cannot take it back while one of them
has not been read at all. So what it returns is taken apart here: a stretch for each partition.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some hashed keys, and the SDK's continuation for them; None where none was read yet."""

    key_range: Any
    continuation: str | None

    @property
    def start(self) -> dict[str, Any]:
        """Return the options of the SDK for reading on."""
        if self.continuation is not None:
            return {"continuation": self.continuation}
        return {"start_time": "Beginning", "feed_range": {"Range": self.key_range}}


ALL_KEYS = {"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}
EVERYTHING = Stretch(ALL_KEYS, None)


def stretches_in(position: str | None) -> list[Stretch]:
    """Return the stretches of a position, the next one to be read first."""
    if not position:
        return [EVERYTHING]
    if not position.startswith("["):
        return stretches_of(position)
    return [Stretch(key_range, continuation) for key_range, continuation in from_json(position)]


def position_of(stretches: Sequence[Stretch]) -> str:
    return to_json([[one.key_range, one.continuation] for one in stretches]).decode()


def stretches_of(continuation: str) -> list[Stretch]:
    """Take a continuation of the SDK apart, which has a token for each partition."""
    state = from_json(base64.b64decode(continuation))
    tokens = state["continuation"]
    stretches = []
    for token in tokens["continuation"]:
        own = state | {"continuation": tokens | {"continuation": [token], "Range": token["range"]}}
        known = base64.b64encode(to_json(own)).decode() if token["token"] else None
        stretches.append(Stretch(token["range"], known))
    return stretches
