"""What is told of the work while it is done: spans, measurements, and the trace that ties them.

No vendor is known here. Without telemetry a trace is still carried from hop to hop, as the
W3C's `traceparent`; it costs a few microseconds, and nothing is exported. Attributes say which
company, operation, status and cost; never what a person is called or where she can be reached.
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Literal, Protocol

Kind = Literal["server", "consumer", "producer", "internal"]
Value = str | int | float | bool
Attributes = Mapping[str, Value]

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)


class Span(Protocol):
    """One piece of work; entered when it begins, and current until it is left."""

    @property
    def traceparent(self) -> str: ...

    def note(self, attributes: Attributes) -> None: ...

    def tell(self, event: str, attributes: Attributes) -> None:
        """Note something that happened at this moment."""
        ...

    def fail(self, kind: str) -> None:
        """Say that it went wrong, and with what kind of error: never with its words."""
        ...

    def __enter__(self) -> "Span": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Telemetry(Protocol):
    """`on` tells whether anyone listens, for what would cost something to find out."""

    @property
    def on(self) -> bool: ...

    def span(
        self,
        name: str,
        kind: Kind = "internal",
        *,
        parent: str | None = None,
        links: Iterable[str] = (),
        attributes: Attributes | None = None,
    ) -> Span:
        """Begin a span below `parent`, a traceparent; else below the current one, or a trace.

        A `parent` that is no traceparent is none.
        """
        ...

    def measure(self, name: str, value: float, attributes: Attributes) -> None:
        """Record one value of many: a duration, a charge."""
        ...

    def count(self, name: str, amount: int, attributes: Attributes) -> None: ...

    def show(self, name: str, value: float, attributes: Attributes) -> None:
        """Say how something stands now."""
        ...

    def close(self) -> None:
        """Export what has not been exported."""
        ...


current: ContextVar[Span | None] = ContextVar("span", default=None)


def traceparent() -> str | None:
    """Return how the next hop shall continue what is being done, if anything is."""
    span = current.get()
    return span.traceparent if span else None


def trace_id() -> str:
    """Return the trace of what is being done; empty outside any work."""
    span = current.get()
    return trace_of(span.traceparent) if span else ""


def trace_of(traceparent: str) -> str:
    return traceparent[3:35]


def valid(traceparent: str | None) -> str | None:
    """Return it if it is one."""
    return traceparent if traceparent and _TRACEPARENT.fullmatch(traceparent) else None


class Passage:
    """A span that is not exported: it passes on the trace that it is part of."""

    __slots__ = ("_token", "traceparent")
    _token: Token[Span | None]

    def __init__(self, traceparent: str) -> None:
        self.traceparent = traceparent

    def note(self, attributes: Attributes) -> None: ...

    def tell(self, event: str, attributes: Attributes) -> None: ...

    def fail(self, kind: str) -> None: ...

    def __enter__(self) -> "Passage":
        self._token = current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        current.reset(self._token)


class Quiet:
    """Telemetry that is off."""

    on = False

    def span(
        self,
        name: str,  # noqa: ARG002  # the port's names
        kind: Kind = "internal",  # noqa: ARG002
        *,
        parent: str | None = None,
        links: Iterable[str] = (),  # noqa: ARG002
        attributes: Attributes | None = None,  # noqa: ARG002
    ) -> Passage:
        return Passage(valid(parent) or traceparent() or _new())

    def measure(self, name: str, value: float, attributes: Attributes) -> None: ...

    def count(self, name: str, amount: int, attributes: Attributes) -> None: ...

    def show(self, name: str, value: float, attributes: Attributes) -> None: ...

    def close(self) -> None: ...


def _new() -> str:
    """Return a trace that nobody records: its last digits say so."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
