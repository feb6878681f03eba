"""Every refusal a caller can meet, by kind. Anything else that is raised is a bug.

* Refusal
  - Unauthenticated  the caller is not known
  - Forbidden        the caller is known, and not allowed to do this
  - NotFound         there is no such resource
  - Conflict         the resource is there, but its state or a rule forbids this
    - Stale          another writer came first; read again and retry
      - VersionMismatch  the version that the caller named is not the newest
    - AlreadyExists  something of that id is there already
  - Gone             it was there, and is not any more
  - TooLarge         more than one answer can hold
  - TooMany          as much is under way as may be
  - VersionRequired  the resource exists, and the request must name the version that was read
  - Invalid          well-formed, but it breaks a rule about values
  - Unavailable      a dependency is down or throttling; the same call may succeed later
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class Refusal(Exception):
    """Base of all refusals. `code` is part of the API: never change it, only add."""

    code: ClassVar[str] = "refused"

    def __init__(self, detail: str = "", **facts: Any) -> None:
        """Take the sentence for a person, and facts that go with it into the answer."""
        super().__init__(detail)
        self.detail = detail
        self.facts = facts


class Unauthenticated(Refusal):
    code = "unauthenticated"


class Forbidden(Refusal):
    code = "forbidden"


class NotFound(Refusal):
    code = "not-found"


class Conflict(Refusal):
    code = "conflict"


class Stale(Conflict):
    code = "stale"


class VersionMismatch(Stale):
    """The caller named a version that is not the newest, so trying again cannot help."""


class AlreadyExists(Conflict):
    code = "already-exists"


class Gone(Refusal):
    code = "gone"


class TooLarge(Refusal):
    code = "over-size"


class TooMany(Refusal):
    """As much is under way, or asked for, as may be; `after` so many seconds ask again."""

    code = "too-many-requests"
    after: int = 60

    def __init__(self, detail: str = "", *, after: int | None = None, **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.after = after or self.after


class VersionRequired(Refusal):
    code = "if-match-required"


class Unavailable(Refusal):
    code = "unavailable"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with a value: where (RFC 6901 pointer into the body), what, and why."""

    pointer: str
    code: str
    detail: str


class Invalid(Refusal):
    code = "invalid"

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("; ".join(flaw.detail for flaw in flaws))
        self.flaws = tuple(flaws)

    @classmethod
    def at(cls, pointer: str, code: str, detail: str) -> "Invalid":
        return cls([Flaw(pointer, code, detail)])
