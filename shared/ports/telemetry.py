"""The port of telemetry: spans, metrics, and the trace that connects them.

It is independent of any vendor. With telemetry off, the trace is still passed from hop to hop as
the W3C's `traceparent`; this costs a few microseconds, and nothing is exported. Attributes hold
the company, operation, status and cost, and never a person's name or contact data.
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
    """One piece of work; it is the current span from entering the block until leaving it."""

    @property
    def traceparent(self) -> str: ...

    def note(self, attributes: Attributes) -> None: ...

    def add_event(self, event: str, attributes: Attributes) -> None:
        """Record an event at this moment."""
        ...

    def fail(self, kind: str) -> None:
        """Mark the span as failed with this kind of error, never with the error's message."""
        ...

    def __enter__(self) -> "Span": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Telemetry(Protocol):
    """`on` is true if telemetry is exported: ask it before expensive measurements."""

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
        """Begin a span below `parent`, else below the current span, else in a new trace.

        `parent` and `links` are traceparents; an invalid parent is ignored.
        """
        ...

    def measure(self, name: str, value: float, attributes: Attributes) -> None:
        """Record a value of a distribution, such as a duration or a charge."""
        ...

    def count(self, name: str, amount: int, attributes: Attributes) -> None: ...

    def show(self, name: str, value: float, attributes: Attributes) -> None:
        """Set the current value of a gauge."""
        ...

    def close(self) -> None:
        """Export what is still waiting."""
        ...


current: ContextVar[Span | None] = ContextVar("span", default=None)


def traceparent() -> str | None:
    """Return the traceparent of the current span for the next hop, or None."""
    span = current.get()
    return span.traceparent if span else None


def trace_id() -> str:
    """Return the trace of the current span, or an empty text."""
    span = current.get()
    return trace_of(span.traceparent) if span else ""


def trace_of(traceparent: str) -> str:
    return traceparent[3:35]


def valid(traceparent: str | None) -> str | None:
    """Return the text if it is a valid traceparent, else None."""
    return traceparent if traceparent and _TRACEPARENT.fullmatch(traceparent) else None


class PropagationOnlySpan:
    """A span that is not exported: it only propagates its trace."""

    __slots__ = ("_token", "traceparent")
    _token: Token[Span | None]

    def __init__(self, traceparent: str) -> None:
        self.traceparent = traceparent

    def note(self, attributes: Attributes) -> None: ...

    def add_event(self, event: str, attributes: Attributes) -> None: ...

    def fail(self, kind: str) -> None: ...

    def __enter__(self) -> "PropagationOnlySpan":
        self._token = current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        current.reset(self._token)


class NoTelemetry:
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
    ) -> PropagationOnlySpan:
        return PropagationOnlySpan(valid(parent) or traceparent() or _unrecorded_traceparent())

    def measure(self, name: str, value: float, attributes: Attributes) -> None: ...

    def count(self, name: str, amount: int, attributes: Attributes) -> None: ...

    def show(self, name: str, value: float, attributes: Attributes) -> None: ...

    def close(self) -> None: ...


def _unrecorded_traceparent() -> str:
    """Return a new trace with the flag that it is not recorded."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
