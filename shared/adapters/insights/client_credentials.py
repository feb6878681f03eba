"""Tokens that an application gets from Microsoft Entra ID with a secret of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import aiohttp
from pydantic import BaseModel, ValidationError

from shared.ports.insights import InsightsRefused, Secret, Secrets, SecretUnreadable

EARLY = timedelta(minutes=5)  # before it expires, so that none does on the way
SECRET_EXPIRED: Final = 7000222  # AADSTS7000222: the provided client secret keys are expired
BAD_REQUEST, SERVER_ERROR, THROTTLED = 400, 500, 429

Named = tuple[str, str]  # application, secret


class Granted(BaseModel):
    access_token: str
    expires_in: int


class Denied(BaseModel):
    error: str = ""
    error_codes: list[int] = []


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    until: datetime


class ClientCredentials:
    """Each token is kept until shortly before it expires, and the secret is read for each anew."""

    def __init__(
        self, secrets: Secrets, url: str, scope: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._secrets = secrets
        self._url = url
        self._scope = scope
        self._clock = clock
        self._tokens: dict[Named, Token] = {}
        self._expiries: dict[str, datetime | None] = {}

    async def token(self, named: Named, session: aiohttp.ClientSession) -> str:
        """Raises InsightsRefused; what the network raises is left as it is."""
        known = self._tokens.get(named)
        if known is None or known.until <= self._clock():
            secret = await self._secret(named[1])
            granted = await self._ask(named[0], secret.value, session)
            until = self._clock() + timedelta(seconds=granted.expires_in) - EARLY
            known = self._tokens[named] = Token(granted.access_token, until)
        return known.text

    def forget(self, named: Named) -> None:
        self._tokens.pop(named, None)

    def secret_expires_at(self, secret_name: str) -> datetime | None:
        """Return when the secret ends, if it has one and it was read before."""
        return self._expiries.get(secret_name)

    async def _secret(self, name: str) -> Secret:
        try:
            secret = await self._secrets.get(name)
        except SecretUnreadable as exc:
            raise InsightsRefused("secret-unreadable", exc.detail, "secretName") from exc
        expires_at = secret.expires_at and secret.expires_at.astimezone(UTC)
        self._expiries[name] = expires_at
        if expires_at and expires_at <= self._clock():
            raise _expired(f"since {expires_at:%Y-%m-%d}")
        return secret

    async def _ask(
        self, application_id: str, secret: str, session: aiohttp.ClientSession
    ) -> Granted:
        form = {
            "grant_type": "client_credentials",
            "client_id": application_id,
            "client_secret": secret,
            "scope": self._scope,
        }
        async with session.post(self._url, data=form) as response:
            body = await response.read()
        if response.status >= BAD_REQUEST:
            raise _denied(response.status, body)
        try:
            return Granted.model_validate_json(body)
        except ValidationError as exc:
            raise InsightsRefused("insights-unavailable", "No token was answered.") from exc


def _denied(status: int, body: bytes) -> InsightsRefused:
    if status >= SERVER_ERROR or status == THROTTLED:
        return InsightsRefused("insights-unavailable", f"Entra ID answers {status}.")
    try:
        denied = Denied.model_validate_json(body)
    except ValidationError:
        denied = Denied()
    if SECRET_EXPIRED in denied.error_codes:
        return _expired("says Entra ID")
    why = f"Entra ID refuses the application ({denied.error or status})."
    return InsightsRefused("token-refused", why, "applicationId")


def _expired(words: str) -> InsightsRefused:
    return InsightsRefused("secret-expired", f"The secret is expired, {words}.", "secretName")
