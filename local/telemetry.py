"""The telemetry of the host: the one telemetry_named by an option, or the one of this process."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from shared.composition import telemetry as wiring_telemetry
from shared.platform.settings import Settings


class OpenTelemetry(Protocol):
    def __call__(self) -> AbstractContextManager[None]: ...


@contextmanager
def as_installed() -> Iterator[None]:
    """Use what this process has installed, or will open on first use."""
    yield


def telemetry_named(name: str | None) -> OpenTelemetry:
    """Return a function that opens the telemetry of that name, by default that of the settings."""

    @contextmanager
    def opened() -> Iterator[None]:
        settings = Settings(TELEMETRY=name) if name else Settings()
        chosen = wiring_telemetry.install(wiring_telemetry.connect_telemetry(settings))
        try:
            yield
        finally:
            chosen.close()

    return opened
