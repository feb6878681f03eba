"""The telemetry port on OpenTelemetry: loaded only if telemetry is on."""

from collections.abc import Callable, Iterable
from contextvars import Token
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.metrics import Meter
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.ports import telemetry
from shared.ports.telemetry import Attributes, Kind, current

NAME = "libro"
KINDS = {
    "server": SpanKind.SERVER,
    "consumer": SpanKind.CONSUMER,
    "producer": SpanKind.PRODUCER,
    "internal": SpanKind.INTERNAL,
}
TRACEPARENT = "traceparent"
MAX_LINKS = 32
UNITS = {
    "duration": "s",
    "lag": "s",
    "index_lag": "s",
    "channel_lag": "s",
    "run_age": "s",
    "charge": "{request_unit}",
    "package_bytes": "By",
}
# Bucket bounds of histograms.
BOUNDS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
BOUNDS: dict[str, tuple[float, ...]] = {
    "duration": BOUNDS_SECONDS,
    "charge": (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
}

_propagator = TraceContextTextMapPropagator()


class OpenTelemetrySpan:
    def __init__(self, span: trace.Span, *, keeps_events: bool = True) -> None:
        self._span = span
        self._keeps_events = keeps_events
        carrier: dict[str, str] = {}
        _propagator.inject(carrier, trace.set_span_in_context(span, Context()))
        self.traceparent = carrier[TRACEPARENT]

    _token: Token[telemetry.Span | None]
    _attached: Any

    def note(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def add_event(self, event: str, attributes: Attributes) -> None:
        if self._keeps_events:
            self._span.add_event(event, attributes)

    def fail(self, kind: str) -> None:
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR))

    def __enter__(self) -> "OpenTelemetrySpan":
        self._token = current.set(self)
        self._attached = attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # The message of an exception may contain personal data, so only its type is recorded.
        if kind is not None:
            self.fail(kind.__name__)
        detach(self._attached)
        current.reset(self._token)
        self._span.end()


class OpenTelemetry:
    on = True

    def __init__(
        self, tracer: Tracer, meter: Meter, close: Callable[[], None], *, keeps_events: bool = True
    ) -> None:
        self._keeps_events = keeps_events
        self._tracer = tracer
        self._meter = meter
        self._instruments: dict[str, Any] = {}
        self.close = close

    def span(
        self,
        name: str,
        kind: Kind = "internal",
        *,
        parent: str | None = None,
        links: Iterable[str] = (),
        attributes: Attributes | None = None,
    ) -> OpenTelemetrySpan:
        parent = telemetry.valid(parent) or telemetry.traceparent()
        linked = map(_context_of, list(dict.fromkeys(links))[:MAX_LINKS])
        return OpenTelemetrySpan(
            self._tracer.start_span(
                name,
                context=_propagator.extract({TRACEPARENT: parent} if parent else {}, Context()),
                kind=KINDS[kind],
                links=[Link(context) for context in linked if context],
                attributes=attributes,
                record_exception=False,
                set_status_on_exception=False,
            ),
            keeps_events=self._keeps_events,
        )

    def measure(self, name: str, value: float, attributes: Attributes) -> None:
        quantity = name.rpartition(".")[2]
        histogram = self._instrument(
            name,
            lambda: self._meter.create_histogram(
                name,
                unit=UNITS.get(quantity, "1"),
                explicit_bucket_boundaries_advisory=BOUNDS.get(quantity),
            ),
        )
        histogram.record(value, attributes)

    def count(self, name: str, amount: int, attributes: Attributes) -> None:
        self._instrument(name, lambda: self._meter.create_counter(name)).add(amount, attributes)

    def show(self, name: str, value: float, attributes: Attributes) -> None:
        unit = UNITS.get(name.rpartition(".")[2], "1")
        gauge = self._instrument(name, lambda: self._meter.create_gauge(name, unit=unit))
        gauge.set(value, attributes)

    def _instrument(self, name: str, create: Callable[[], Any]) -> Any:
        if name not in self._instruments:
            self._instruments[name] = create()
        return self._instruments[name]


def _context_of(traceparent: str) -> trace.SpanContext | None:
    context = trace.get_current_span(
        _propagator.extract({TRACEPARENT: traceparent}, Context())
    ).get_span_context()
    return context if context.is_valid else None
