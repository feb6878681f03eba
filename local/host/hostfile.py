"""What host.json says, as far as this host heeds it, with the defaults of the real one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST_FILE = Path(__file__).parents[2] / "host.json"


@dataclass(frozen=True, slots=True)
class Receiving:
    """How much is received from Service Bus at once; times are in seconds.

    A session is held until no message has come for its idle time, and never longer than that
    without one. The lock of a message is renewed for at most the renewal time.
    """

    max_calls: int = 16
    max_sessions: int = 8
    session_idle: float = 60.0
    max_renewal: float = 300.0


def receiving() -> Receiving:
    settings = _extension("serviceBus")
    default = Receiving()
    return Receiving(
        settings.get("maxConcurrentCalls", default.max_calls),
        settings.get("maxConcurrentSessions", default.max_sessions),
        _seconds(settings.get("sessionIdleTimeout"), default.session_idle),
        _seconds(settings.get("maxAutoLockRenewalDuration"), default.max_renewal),
    )


def route_prefix() -> str:
    prefix: str = _extension("http").get("routePrefix", "api")
    return prefix


def _extension(name: str) -> Mapping[str, Any]:
    settings: Mapping[str, Any] = json.loads(HOST_FILE.read_text()).get("extensions", {})
    extension: Mapping[str, Any] = settings.get(name, {})
    return extension


def _seconds(text: str | None, default: float) -> float:
    """Return the seconds of `hh:mm:ss`."""
    if text is None:
        return default
    hours, minutes, seconds = (float(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + seconds
