"""What the SDK sends and receives beside documents: session tokens, charges, diagnostics."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import HttpResponseError

from shared.adapters.cosmos.retries import Relents, is_lagging, status_of
from shared.platform import priority
from shared.platform.metering import tally
from shared.platform.sessions import Session, merged, session
from shared.ports.telemetry import current

log = logging.getLogger(__name__)

CHARGE = "x-ms-request-charge"
SESSION = "x-ms-session-token"
ACTIVITY = "x-ms-activity-id"
MAX_LAG_SECONDS = 1.0  # that a replica is waited for; with another account's token it is for ever


@dataclass(slots=True)
class Call:
    """One call of the SDK: its options, and the headers of the answer."""

    options: dict[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.options["response_hook"] = self._note

    def _note(self, headers: Mapping[str, Any], _: Any) -> None:
        self.headers = headers  # not a copy: the SDK completes the ETag of a change feed later


class Traffic:
    """Keeps the session tokens of this process, so that it reads its own writes.

    The asynchronous SDK does not do this for batches, and elsewhere it hashes the partition key
    again for each request.
    """

    def __init__(self) -> None:
        self._own = Session()

    @contextmanager
    def call(self, operation: str, container: str, *, writes: bool = False) -> Iterator[Call]:
        """Yield the options for a call of the SDK; then record the headers of the answer."""
        started = time.perf_counter()
        call = Call()
        if token := self._token(container):
            call.options["session_token"] = token
        if priority.low.get():
            call.options["priority"] = "Low"
        try:
            yield call
        except HttpResponseError as exc:
            call.headers = getattr(exc, "headers", None) or {}
            _note_refusal(exc)
            raise
        finally:
            if writes and (token := call.headers.get(SESSION)):
                self._wrote(container, token)
            _count(operation, container, call.headers, time.perf_counter() - started)

    def leaving_behind(self, container: str, *, own: bool) -> Relents:
        """Return what leaves out a session that the store refuses, or that no replica has reached.

        That of the caller goes first, then with `own` that of this process: a read shows what
        there is rather than nothing.
        """

        def relents(exc: BaseException, seconds: float) -> bool:
            if is_lagging(exc):
                return seconds >= MAX_LAG_SECONDS and self._leave(container, own=own)
            return status_of(exc) == HTTPStatus.BAD_REQUEST and self._leave(container, own=False)

        return relents

    def _leave(self, container: str, *, own: bool) -> bool:
        """Forget a token; return whether there was one."""
        callers = session.get()
        if callers and callers.tokens.pop(container, None):
            return True
        return own and self._own.tokens.pop(container, None) is not None

    def _token(self, container: str) -> str | None:
        own, callers = self._own.tokens.get(container), session.get()
        theirs = callers.tokens.get(container) if callers else None
        return merged(own, theirs) if theirs else own

    def _wrote(self, container: str, token: str) -> None:
        self._own.wrote(container, token)
        if callers := session.get():
            callers.wrote(container, token)


def _note_refusal(exc: HttpResponseError) -> None:
    if exc.status_code == HTTPStatus.TOO_MANY_REQUESTS and (count := tally.get()):
        count.throttled += 1


def _count(operation: str, container: str, headers: Mapping[str, Any], seconds: float) -> None:
    charge = float(headers.get(CHARGE, 0))
    if count := tally.get():
        count.charge += charge
    if span := current.get():
        span.add_event(
            operation, {"container": container, "charge": charge, "seconds": round(seconds, 4)}
        )
    log.debug(
        "%s of %s: %.2f RU, %.1f ms, activity %s",
        operation, container, charge, seconds * 1000, headers.get(ACTIVITY, "unknown"),
    )  # fmt: skip
