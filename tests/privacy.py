"""Whoever watches that nobody's name, e-mail, phone or address gets into logs or telemetry.

It looks for those that the tests use, in what our own loggers say at any level, in what the SDKs
say at theirs, and in every span and measurement. The clients and servers of the tests themselves
may say what they like.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from shared.adapters.telemetry.exports import exporting
from shared.composition import telemetry as wiring_telemetry

OURS = ("functions", "shared", "local")
ALSO = ("azure", "asyncio", "uvicorn")  # as loud as they are
# In small letters; none of them can be part of a GUID.
PERSONAL = (
    "karen", "berg", "zenobia", "quintus", "@example.com", "main st",
    " 555-0", "(206) 555", "+1206555",
)  # fmt: skip


class Leak(AssertionError):
    """Something personal was told."""


class Watch(logging.Handler, SpanExporter):
    """Keeps what should not have been told, until somebody asks."""

    def __init__(self) -> None:
        super().__init__()
        self._leaks: list[str] = []
        self.spans = 0
        self.records = 0
        self._lines = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        self.records += 1
        self._look_at(f"{record.name} logs", self._lines.format(record))

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for one in spans:
            self.spans += 1
            told = [one.name, one.status.description, dict(one.attributes or {})]
            events = [(event.name, dict(event.attributes or {})) for event in one.events]
            self._look_at(f"the span {one.name} says", str([*told, *events]))
        return SpanExportResult.SUCCESS

    def measured(self, reader: InMemoryMetricReader) -> None:
        metrics = reader.get_metrics_data()
        self._look_at("a measurement says", metrics.to_json() if metrics else "")

    def shutdown(self) -> None: ...

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True

    def take(self) -> list[str]:
        """Return the leaks since the last time."""
        leaks, self._leaks = self._leaks, []
        return leaks

    def _look_at(self, where: str, text: str) -> None:
        small = text.lower()
        for word in PERSONAL:
            if word in small:
                at = small.index(word)
                self._leaks.append(f"{where} {word!r}: ...{text[max(0, at - 80) : at + 80]}...")


@contextmanager
def watching() -> Iterator[Watch]:
    """Listen to everything, with telemetry on, until the tests are over. Raises Leak."""
    watch, reader = Watch(), InMemoryMetricReader()
    wiring_telemetry.install(exporting([SimpleSpanProcessor(watch)], reader))
    for name in (*OURS, *ALSO):
        # Not at the root, which a test may set up anew.
        logging.getLogger(name).addHandler(watch)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield watch
    watch.measured(reader)
    for name in (*OURS, *ALSO):
        logging.getLogger(name).removeHandler(watch)
    check(watch)


def check(watch: Watch) -> None:
    """Raises Leak."""
    if leaks := watch.take():
        raise Leak("\n".join(leaks))


def personal(text: str) -> list[Any]:
    """Return the lines in which somebody is named, for the log of another process."""
    lines = text.splitlines()
    return [line for line in lines if any(word in line.lower() for word in PERSONAL)]
