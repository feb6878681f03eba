"""Tokens that an application gets from Microsoft Entra ID with a secret of its own."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import ClientSecretCredential

from shared.ports.insights import InsightsRefused, Secret, Secrets, SecretUnreadable

READ_AGAIN: Final = timedelta(hours=1)  # so long a renewed secret, or its new end, may go unseen
EXPIRED_CODE: Final = "AADSTS7000222"  # the provided client secret keys are expired
CODE: Final = re.compile(r"AADSTS\d+")
BAD_REQUEST, THROTTLED, SERVER_ERROR = 400, 429, 500

Named = tuple[str, str]  # application, secret


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues tokens. `options` go to the SDK, such as `connection_verify`."""

    authority: str
    tenant: str
    scope: str
    options: dict[str, Any]

    def credential(
        self, application_id: str, secret: str, session: aiohttp.ClientSession
    ) -> ClientSecretCredential:
        """Return one that need not be closed: it speaks through the session of its caller."""
        return ClientSecretCredential(
            self.tenant,
            application_id,
            secret,
            authority=self.authority,
            disable_instance_discovery=True,  # the authority is configured, and not to be doubted
            transport=AioHttpTransport(session=session, session_owner=False, **self.options),
            retry_total=0,
        )


@dataclass(frozen=True, slots=True)
class Application:
    """An application with the secret that it was last read with."""

    credential: ClientSecretCredential
    secret: Secret
    read_at: datetime

    def is_recent(self, now: datetime) -> bool:
        return now < self.read_at + READ_AGAIN


class ClientCredentials:
    """The SDK keeps the tokens; the secret is read again every hour, and when it is refused."""

    def __init__(self, secrets: Secrets, issuer: Issuer, *, clock: Callable[[], datetime]) -> None:
        self._secrets = secrets
        self._issuer = issuer
        self._clock = clock
        self._applications: dict[Named, Application] = {}
        self._expiries: dict[str, datetime | None] = {}

    async def token(self, named: Named, session: aiohttp.ClientSession) -> str:
        """Raises InsightsRefused."""
        application = self._applications.get(named)
        try:
            if application is not None and application.is_recent(self._clock()):
                with suppress(ClientAuthenticationError):  # the secret may have been renewed
                    return await self._ask(application)
            return await self._ask(await self._read(named, session))
        except AzureError as exc:
            self.forget(named)
            raise _refusal(exc) from exc

    def forget(self, named: Named) -> None:
        self._applications.pop(named, None)

    def secret_expires_at(self, secret_name: str) -> datetime | None:
        """Return when the secret ends, if it has one and it was read before."""
        return self._expiries.get(secret_name)

    async def _ask(self, application: Application) -> str:
        return (await application.credential.get_token(self._issuer.scope)).token

    async def _read(self, named: Named, session: aiohttp.ClientSession) -> Application:
        """Return the application with its secret of now; its tokens stay while that is the same."""
        secret = await self._secret(named[1])
        existing = self._applications.get(named)
        if existing is not None and existing.secret.value == secret.value:
            credential = existing.credential
        else:
            credential = self._issuer.credential(named[0], secret.value, session)
        application = Application(credential, secret, self._clock())
        self._applications[named] = application
        return application

    async def _secret(self, name: str) -> Secret:
        try:
            secret = await self._secrets.get(name)
        except SecretUnreadable as exc:
            raise InsightsRefused("secret-unreadable", exc.detail, "secretName") from exc
        if not secret.value:
            raise InsightsRefused("secret-unreadable", "The secret is empty.", "secretName")
        expires_at = secret.expires_at and secret.expires_at.astimezone(UTC)
        self._expiries[name] = expires_at
        if expires_at and expires_at <= self._clock():
            raise _expired(f"since {expires_at:%Y-%m-%d}")
        return secret


def _refusal(exc: AzureError) -> InsightsRefused:
    status = exc.status_code if isinstance(exc, HttpResponseError) else None
    if status is None or not BAD_REQUEST <= status < SERVER_ERROR or status == THROTTLED:
        why = f"Entra ID answers no token ({status or type(exc).__name__})."
        return InsightsRefused("insights-unavailable", why)
    codes = CODE.findall(exc.message)
    if EXPIRED_CODE in codes:
        return _expired("says Entra ID")
    why = f"Entra ID refuses the application ({codes[0] if codes else status})."
    return InsightsRefused("token-refused", why, "applicationId")


def _expired(words: str) -> InsightsRefused:
    return InsightsRefused("secret-expired", f"The secret is expired, {words}.", "secretName")
