"""What goes to Cosmos DB and comes back beside the documents: sessions, charges, diagnostics."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import HttpResponseError

from shared.platform.metering import tally
from shared.platform.sessions import Session, merged, session
from shared.ports.telemetry import current

log = logging.getLogger(__name__)

CHARGE = "x-ms-request-charge"
SESSION = "x-ms-session-token"
ACTIVITY = "x-ms-activity-id"


@dataclass(slots=True)
class Asking:
    """One call of the SDK: what it is made with, and the headers that came back."""

    how: dict[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.how["response_hook"] = self._note

    def _note(self, headers: Mapping[str, Any], _: Any) -> None:
        self.headers = headers  # not a copy: the SDK completes the ETag of a change feed later


class Traffic:
    """Keeps the session tokens of this process, so that it always reads what it has written.

    The asynchronous SDK does not do it for batches, and where it does, it hashes the partition
    key anew for each request.
    """

    def __init__(self) -> None:
        self._own = Session()

    @contextmanager
    def asking(self, what: str, container: str, *, writes: bool = False) -> Iterator[Asking]:
        """Give what a call of the SDK is to be made with; note what comes back."""
        started = time.perf_counter()
        asking = Asking()
        if token := self._token(container):
            asking.how["session_token"] = token
        try:
            yield asking
        except HttpResponseError as exc:
            asking.headers = getattr(exc, "headers", None) or {}
            _note_refusal(exc)
            raise
        finally:
            if writes and (token := asking.headers.get(SESSION)):
                self._wrote(container, token)
            _count(what, container, asking.headers, time.perf_counter() - started)

    def _token(self, container: str) -> str | None:
        own, asked = self._own.tokens.get(container), session.get()
        theirs = asked.tokens.get(container) if asked else None
        return merged(own, theirs) if theirs else own

    def _wrote(self, container: str, token: str) -> None:
        self._own.wrote(container, token)
        if asked := session.get():
            asked.wrote(container, token)


def _note_refusal(exc: HttpResponseError) -> None:
    if exc.status_code == HTTPStatus.TOO_MANY_REQUESTS and (count := tally.get()):
        count.throttled += 1


def _count(what: str, container: str, headers: Mapping[str, Any], seconds: float) -> None:
    charge = float(headers.get(CHARGE, 0))
    if count := tally.get():
        count.charge += charge
    if span := current.get():
        span.tell(what, {"container": container, "charge": charge, "seconds": round(seconds, 4)})
    log.debug(
        "%s of %s: %.2f RU, %.1f ms, activity %s",
        what, container, charge, seconds * 1000, headers.get(ACTIVITY, "unknown"),
    )  # fmt: skip
