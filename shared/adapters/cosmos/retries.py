"""What may go better a moment later, and trying again as long as the request has time."""

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

LONGEST_ATTEMPT = 5.0  # seconds
FIRST_PAUSE = 0.02  # seconds, doubled with each try
LONGEST_PAUSE = 2.0
RETRY_AFTER = "x-ms-retry-after-ms"
NOT_APPLIED = {HTTPStatus.TOO_MANY_REQUESTS, 449}  # retry with: a concurrent write was in the way
DOUBTFUL = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.GONE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
READ_SESSION_NOT_AVAILABLE = 1002


async def patiently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try until it succeeds or is refused; raise StoreUnavailable when time is up."""
    end = asyncio.get_running_loop().time() + deadlines.remaining()
    tries = 0
    while True:
        left = end - asyncio.get_running_loop().time()
        if left <= 0:
            raise StoreUnavailable("The request has no time left for the store.")
        try:
            async with asyncio.timeout(min(LONGEST_ATTEMPT, left)):
                return await attempt()
        except (AzureError, TimeoutError) as exc:
            if not is_passing(exc):
                raise
            pause = pause_before(tries, exc)
            if end - asyncio.get_running_loop().time() <= pause:
                raise StoreUnavailable(f"The store does not answer ({_name(exc)}).") from exc
        tries += 1
        await asyncio.sleep(pause)


def is_passing(exc: BaseException) -> bool:
    """Tell whether the same call may go well later."""
    status = status_of(exc)
    if status is None:
        return isinstance(exc, TimeoutError | AzureError)
    return status in NOT_APPLIED or status in DOUBTFUL or is_lagging(exc)


def is_doubtful(exc: BaseException) -> bool:
    """Tell whether a write that failed like this may have been applied.

    The SDK's transport calls a connection that broke half way a request that was never sent;
    only one that could not be made at all was not.
    """
    status = status_of(exc)
    if status is not None:
        return status in DOUBTFUL
    inner = getattr(exc, "inner_exception", None)
    return not (isinstance(exc, ServiceRequestError) and isinstance(inner, ClientConnectorError))


def is_lagging(exc: BaseException) -> bool:
    """Tell whether a replica has not yet seen what the session has; it answers 404 then."""
    return getattr(exc, "sub_status", None) == READ_SESSION_NOT_AVAILABLE


def status_of(exc: BaseException) -> int | None:
    return exc.status_code if isinstance(exc, HttpResponseError) else None


def pause_before(tries: int, exc: BaseException) -> float:
    """Return seconds, more with each try, and never less than the store asks for."""
    headers = exc.headers if isinstance(exc, CosmosHttpResponseError) else None
    asked = float((headers or {}).get(RETRY_AFTER) or 0) / 1000
    widest: float = min(FIRST_PAUSE * 2**tries, LONGEST_PAUSE)
    return asked + random.random() * widest  # noqa: S311  # jitter


def _name(exc: BaseException) -> str:
    return str(status_of(exc) or type(exc).__name__)
