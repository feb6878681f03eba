"""The keys that a tenant signs with: known ones are used at once, and read again behind.

A tenant publishes its keys and changes them from time to time. Reading them can fail or hang, and
anybody can send a token that names a key which does not exist. So a key that is known is never
waited for; there is one request at a time, however many ask; and after each try there is a rest.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextvars import Context
from typing import Any, Final, Literal

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from shared.core.errors import Unavailable

log = logging.getLogger(__name__)

ALGORITHM: Final = "RS256"
LEAST_BITS: Final = 2048  # RFC 7518, 3.3
KEYS_TTL_SECONDS: Final = 24 * 3600.0
UNKNOWN_REST_SECONDS: Final = 30.0  # after keys were read, until one that is unknown is looked for
FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 1.0, 60.0  # after the first failure, and after many
TIMEOUT_SECONDS: Final = 5.0

Clock = Callable[[], float]


class KeysUnavailable(Unavailable):
    """The keys that verify tokens cannot be read now."""

    code = "keys-unavailable"


class NoKeys(ValueError):
    """What was published holds no key that tokens are signed with."""


class Published(BaseModel):
    """A key of a set (RFC 7517) that can have signed a token. All other keys are skipped."""

    model_config = ConfigDict(strict=True, frozen=True)

    kid: str = Field(min_length=1)
    kty: Literal["RSA"]
    n: str
    e: str
    use: Literal["sig"] | None = None
    alg: Literal["RS256"] | None = None


class SigningKeys:
    """The keys of one tenant. `clock` is in seconds, from any start."""

    def __init__(
        self, url: str, *, clock: Clock = time.monotonic, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._url = url
        self._clock = clock
        self._timeout = timeout
        self._keys: dict[str, jwt.PyJWK] = {}
        self._old_at = self._rests_until = clock()
        self._failures = 0
        self._fetch: asyncio.Task[None] | None = None

    async def find(self, name: str) -> jwt.PyJWK | None:
        """Return the key of that name, or None. Raises KeysUnavailable while none is known."""
        if name in self._keys:
            if self._clock() >= self._old_at:
                self._begin()
        elif fetch := self._begin():
            await asyncio.shield(fetch)  # whoever gives up does not end it for the others
        if not self._keys:
            raise KeysUnavailable("The keys that verify tokens cannot be read now.")
        return self._keys.get(name)

    def _begin(self) -> asyncio.Task[None] | None:
        """Return the request for the keys that is under way: a new one, once it has rested."""
        if self._fetch is None and self._clock() >= self._rests_until:
            # In a context of its own: it is not part of the request that began it.
            self._fetch = asyncio.create_task(self._read(), context=Context())
        return self._fetch

    async def _read(self) -> None:
        import aiohttp  # noqa: PLC0415  # heavy, and needed once a day

        limit = aiohttp.ClientTimeout(total=self._timeout)
        rest = LONGEST_REST_SECONDS
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.get(self._url) as response,
            ):
                response.raise_for_status()
                self._keys = keys_of(await response.read())
        except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
            log.warning("%s gives no keys: %s", self._url, type(exc).__name__)
            rest = min(FIRST_REST_SECONDS * 2**self._failures, LONGEST_REST_SECONDS)
            self._failures += 1
        else:
            self._failures = 0
            self._old_at = self._clock() + KEYS_TTL_SECONDS
            rest = UNKNOWN_REST_SECONDS
        finally:
            self._rests_until = self._clock() + rest
            self._fetch = None


def keys_of(document: bytes) -> dict[str, jwt.PyJWK]:
    """Return the keys of a set by their names. Raises NoKeys, ValueError if it is no JSON."""
    published = from_json(document)
    listed = published.get("keys") if isinstance(published, dict) else None
    keys = [_key_of(one) for one in listed] if isinstance(listed, list) else []
    found = {key.key_id: key for key in keys if key and key.key_id}
    if not found:
        raise NoKeys
    return found


def _key_of(one: Any) -> jwt.PyJWK | None:
    """Return the key, or None if tokens cannot be signed with it."""
    try:
        published = Published.model_validate(one)
        key = jwt.PyJWK(published.model_dump(include={"kid", "kty", "n", "e"}), ALGORITHM)
    except (ValidationError, jwt.PyJWTError):
        return None
    return key if key.key.key_size >= LEAST_BITS else None
