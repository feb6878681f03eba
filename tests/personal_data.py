"""The check that no name, e-mail, phone or address gets into logs or telemetry.

It looks for the personal data that the tests use: in the records of our own loggers at any level,
in those of the SDKs at their level, and in every span and metric. The clients and servers of the
tests themselves are not checked.
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

OWN_LOGGERS = ("functions", "shared", "local")
SDK_LOGGERS = ("azure", "asyncio", "uvicorn")  # at their own level
# In lower case; none of them can be part of a GUID.
PERSONAL = (
    "karen", "berg", "zenobia", "quintus", "@example.com", "main st",
    " 555-0", "(206) 555", "+1206555",
)  # fmt: skip


class PersonalDataLeaked(AssertionError):
    """Personal data was found in a log, a span or a metric."""


class PersonalDataRecorder(logging.Handler, SpanExporter):
    """Collects the logs, spans and metrics that contain personal data."""

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
        for span in spans:
            self.spans += 1
            texts = [span.name, span.status.description, dict(span.attributes or {})]
            events = [(event.name, dict(event.attributes or {})) for event in span.events]
            self._look_at(f"the span {span.name} has", str([*texts, *events]))
        return SpanExportResult.SUCCESS

    def check_metrics(self, reader: InMemoryMetricReader) -> None:
        metrics = reader.get_metrics_data()
        self._look_at("a metric has", metrics.to_json() if metrics else "")

    def shutdown(self) -> None: ...

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True

    def take(self) -> list[str]:
        """Return the leaks since the last call."""
        leaks, self._leaks = self._leaks, []
        return leaks

    def _look_at(self, source: str, text: str) -> None:
        lower_case = text.lower()
        for word in PERSONAL:
            if word in lower_case:
                start = lower_case.index(word)
                self._leaks.append(
                    f"{source} {word!r}: ...{text[max(0, start - 80) : start + 80]}..."
                )


@contextmanager
def recording() -> Iterator[PersonalDataRecorder]:
    """Record all logs and telemetry until the tests end. Raises PersonalDataLeaked."""
    recorder, reader = PersonalDataRecorder(), InMemoryMetricReader()
    wiring_telemetry.install(exporting([SimpleSpanProcessor(recorder)], reader))
    for name in (*OWN_LOGGERS, *SDK_LOGGERS):
        # Not at the root, which a test may configure.
        logging.getLogger(name).addHandler(recorder)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield recorder
    recorder.check_metrics(reader)
    for name in (*OWN_LOGGERS, *SDK_LOGGERS):
        logging.getLogger(name).removeHandler(recorder)
    check(recorder)


def check(recorder: PersonalDataRecorder) -> None:
    """Raises PersonalDataLeaked."""
    if leaks := recorder.take():
        raise PersonalDataLeaked("\n".join(leaks))


def personal(text: str) -> list[Any]:
    """Return the lines with personal data, for the log of another process."""
    lines = text.splitlines()
    return [line for line in lines if any(word in line.lower() for word in PERSONAL)]
