"""The telemetry port on OpenTelemetry."""
