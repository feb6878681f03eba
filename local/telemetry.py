"""The telemetry that the host can work with: one that is named, or what this process has."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from shared.composition import telemetry as wiring_telemetry
from shared.platform.settings import Settings


class OpenTelemetry(Protocol):
    def __call__(self) -> AbstractContextManager[None]: ...


@contextmanager
def as_installed() -> Iterator[None]:
    """Leave what this process has, or have it opened on first use."""
    yield


def named(name: str | None) -> OpenTelemetry:
    """Return what opens the telemetry of that name, by default the one of the environment."""

    @contextmanager
    def opened() -> Iterator[None]:
        settings = Settings(TELEMETRY=name) if name else Settings()
        chosen = wiring_telemetry.install(wiring_telemetry.connect_telemetry(settings))
        try:
            yield
        finally:
            chosen.close()

    return opened
