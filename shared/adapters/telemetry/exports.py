"""The targets of telemetry: a terminal, a file, an OTLP endpoint, or Azure Monitor."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from azure.core.settings import settings as azure_settings
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    ConsoleMetricExporter,
    MetricReader,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SimpleSpanProcessor,
)
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from shared.adapters.telemetry.spans import NAME, OpenTelemetry

EXPORT_INTERVAL_MS = 60_000
# What the distribution would instrument by itself, with addresses and queries in some spans.
INSTRUMENTED = (
    "azure_sdk", "django", "fastapi", "flask", "httpx", "psycopg2", "requests", "urllib", "urllib3",
)  # fmt: skip


def exporting(
    processors: Sequence[SpanProcessor], reader: MetricReader, share: float = 1.0
) -> OpenTelemetry:
    """Return telemetry without global state, for a share of the traces (0 to 1).

    Whether a trace is recorded is decided by its beginner, else by its id.
    """
    _silence_the_sdks()
    resource = Resource.create({"service.name": NAME})
    traces = TracerProvider(
        ParentBased(TraceIdRatioBased(share)), resource=resource, shutdown_on_exit=False
    )
    for processor in processors:
        traces.add_span_processor(processor)
    meters = MeterProvider([reader], resource=resource, shutdown_on_exit=False)

    def close() -> None:
        traces.shutdown()
        meters.shutdown()

    return OpenTelemetry(traces.get_tracer(NAME), meters.get_meter(NAME), close)


def to_stream(stream: TextIO, share: float = 1.0) -> OpenTelemetry:
    """Write a line of JSON for each span when it ends, and for all metrics once a minute."""
    spans = ConsoleSpanExporter(out=stream, formatter=_line)
    metric_exporter = ConsoleMetricExporter(out=stream, formatter=_metrics_line)
    reader = PeriodicExportingMetricReader(
        metric_exporter, export_interval_millis=EXPORT_INTERVAL_MS
    )
    return exporting([SimpleSpanProcessor(spans)], reader, share)


def to_console(share: float) -> OpenTelemetry:
    return to_stream(sys.stdout, share)


def to_file(path: Path, share: float) -> OpenTelemetry:
    """Append to the file; several processes may do so at once."""
    stream = path.open("a")
    opened = to_stream(stream, share)
    finish = opened.close

    def close() -> None:
        finish()
        stream.close()

    opened.close = close
    return opened


def to_otlp(endpoint: str, share: float) -> OpenTelemetry:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415  # heavy
        OTLPMetricExporter,
    )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # heavy
        OTLPSpanExporter,
    )

    root = endpoint.rstrip("/")
    metric_exporter = OTLPMetricExporter(endpoint=f"{root}/v1/metrics")
    return exporting(
        [BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{root}/v1/traces"))],
        PeriodicExportingMetricReader(metric_exporter, export_interval_millis=EXPORT_INTERVAL_MS),
        share,
    )


def to_azure_monitor(connection: str, credential: Any, share: float) -> OpenTelemetry:
    """Send our own spans and metrics to Application Insights, and nothing else.

    The instrumentation of the distribution is off, because the addresses of documents contain
    names and e-mails. Logs are off, because the host sends them already. Events of spans are left
    out: each would be a line of its own, two dozen for one new customer; what they sum up to is in
    the attributes of the span.
    """
    from azure.monitor.opentelemetry import configure_azure_monitor  # noqa: PLC0415  # heavy

    configure_azure_monitor(
        connection_string=connection,
        disable_logging=True,
        disable_offline_storage=True,
        sampling_ratio=share,  # the default records only a few traces per second
        enable_live_metrics=False,
        enable_performance_counters=False,
        instrumentation_options={name: {"enabled": False} for name in INSTRUMENTED},
        resource=Resource.create({"service.name": NAME}),
        **({"credential": credential} if credential else {}),
    )
    _silence_the_sdks()
    traces: Any = trace.get_tracer_provider()
    meters: Any = metrics.get_meter_provider()

    def close() -> None:
        traces.force_flush()
        meters.force_flush()

    return OpenTelemetry(trace.get_tracer(NAME), metrics.get_meter(NAME), close, keeps_events=False)


def _silence_the_sdks() -> None:
    """Turn off the spans of Azure's SDKs, which contain the address of each document."""
    azure_settings.tracing_enabled = False


def _line(span: ReadableSpan) -> str:
    return f"{span.to_json(indent=None)}\n"


def _metrics_line(data: MetricsData) -> str:
    return f"{data.to_json(indent=None)}\n"
