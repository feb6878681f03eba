"""Connects the telemetry port to OpenTelemetry, if it is configured: on first use, or by a host."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.ports.telemetry import NoTelemetry, Telemetry

if TYPE_CHECKING:
    from shared.platform.settings import Settings

OFF, AZURE_MONITOR, OTLP, FILE = "off", "azure-monitor", "otlp", "file:"

_installed: Telemetry | None = None


def telemetry() -> Telemetry:
    """Return the telemetry of this process; the first call opens what the settings name."""
    if _installed is None:
        from shared.platform.settings import Settings  # noqa: PLC0415  # not loaded at a cold start

        return install(connect_telemetry(Settings()))
    return _installed


def install(chosen: Telemetry) -> Telemetry:
    """Use this telemetry from now on. Called by the local host and by tests."""
    global _installed  # noqa: PLW0603  # like the backend, and for the same reason
    _installed = chosen
    return chosen


def connect_telemetry(settings: "Settings") -> Telemetry:
    """Return the configured telemetry; the caller closes it.

    OpenTelemetry is imported here, so that a process without telemetry does not load it.
    """
    chosen = settings.telemetry or _default(settings)
    if chosen == OFF:
        return NoTelemetry()
    from shared.adapters.telemetry import exports  # noqa: PLC0415  # heavy

    share = settings.telemetry_share
    if chosen == AZURE_MONITOR:
        connection = settings.application_insights or ""
        return exports.to_azure_monitor(connection, _identity(settings), share)
    if chosen == OTLP:
        return exports.to_otlp(settings.otlp_endpoint, share)
    file = chosen.removeprefix(FILE)
    return exports.to_console(share) if file == chosen else exports.to_file(Path(file), share)


def _default(settings: "Settings") -> str:
    return AZURE_MONITOR if settings.site and settings.application_insights else OFF


def _identity(settings: "Settings") -> Any:
    """Return the identity for Application Insights, None if its connection string is enough."""
    if not settings.application_insights_authentication:
        return None
    from azure.identity import ManagedIdentityCredential  # noqa: PLC0415  # heavy

    parts = settings.application_insights_authentication.split(";")
    values = dict(part.split("=", 1) for part in parts)
    return ManagedIdentityCredential(client_id=values.get("ClientId"))
