"""Retries of passing errors, until the deadline of the request."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

from aiohttp import ClientConnectorError
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError
from azure.cosmos.exceptions import CosmosHttpResponseError

from shared.core import deadlines
from shared.ports.documents import StoreUnavailable

T = TypeVar("T")
Relents = Callable[[BaseException, float], bool]

MAX_ATTEMPT_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.02  # doubled with each try
MAX_PAUSE_SECONDS = 2.0
RETRY_AFTER_HEADER = "x-ms-retry-after-ms"
NOT_APPLIED = {HTTPStatus.TOO_MANY_REQUESTS, 449}  # 449: a concurrent write interfered
DOUBTFUL = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.GONE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
READ_SESSION_NOT_AVAILABLE = 1002


def _never(_: BaseException, __: float) -> bool:
    return False


async def with_retries(attempt: Callable[[], Awaitable[T]], relents: Relents = _never) -> T:
    """Try until it succeeds or is refused. Raises StoreUnavailable at the deadline.

    `relents` is asked about each error, with the seconds since the first try: it returns whether
    it has changed what will be asked for, and then the next try comes at once.
    """
    time = asyncio.get_running_loop().time
    began = time()
    end = began + deadlines.remaining()
    tries = 0
    while True:
        remaining = end - time()
        if remaining <= 0:
            raise StoreUnavailable("The request has no time left for the store.")
        try:
            async with asyncio.timeout(min(MAX_ATTEMPT_SECONDS, remaining)):
                return await attempt()
        except (AzureError, TimeoutError) as exc:
            if relents(exc, time() - began):
                continue
            pause = _pause(tries, exc, end - time())
        tries += 1
        await asyncio.sleep(pause)


def _pause(tries: int, exc: Exception, remaining: float) -> float:
    """Return seconds before the next try. Raises the error if none would help."""
    if not is_passing(exc):
        raise exc
    pause = pause_before(tries, exc)
    if remaining <= pause:
        raise StoreUnavailable(f"The store does not answer ({_name(exc)}).") from exc
    return pause


def is_passing(exc: BaseException) -> bool:
    """Return whether the same call may succeed later."""
    status = status_of(exc)
    if status is None:
        return isinstance(exc, TimeoutError | AzureError)
    return status in NOT_APPLIED or status in DOUBTFUL or is_lagging(exc)


def is_doubtful(exc: BaseException) -> bool:
    """Return whether a write that failed with this error may have been applied.

    The SDK also raises ServiceRequestError (never sent) for a connection that broke half way;
    only a connection that could not be opened proves that nothing was sent.
    """
    status = status_of(exc)
    if status is not None:
        return status in DOUBTFUL
    inner = getattr(exc, "inner_exception", None)
    return not (isinstance(exc, ServiceRequestError) and isinstance(inner, ClientConnectorError))


def is_lagging(exc: BaseException) -> bool:
    """Return whether the replica lags behind the session; it answers 404 then."""
    return getattr(exc, "sub_status", None) == READ_SESSION_NOT_AVAILABLE


def status_of(exc: BaseException) -> int | None:
    return exc.status_code if isinstance(exc, HttpResponseError) else None


def pause_before(tries: int, exc: BaseException) -> float:
    """Return seconds: more with each try, and at least as long as the store requests."""
    headers = exc.headers if isinstance(exc, CosmosHttpResponseError) else None
    requested = float((headers or {}).get(RETRY_AFTER_HEADER) or 0) / 1000
    jitter: float = min(FIRST_PAUSE_SECONDS * 2**tries, MAX_PAUSE_SECONDS)
    return requested + random.random() * jitter  # noqa: S311  # jitter


def _name(exc: BaseException) -> str:
    return str(status_of(exc) or type(exc).__name__)
