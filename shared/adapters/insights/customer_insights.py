"""The insights port on the Dynamics 365 Customer Insights - Data API.

Measures that are a "customer attribute" are columns of the system table Customer_Measure, which
expands a row of Customer; unified customers are found by an alternate key with `in`, and an answer
holds 100 rows. $select cannot go with $expand, so whole rows come.

- https://learn.microsoft.com/dynamics365/customer-insights/data/odata-examples
- https://learn.microsoft.com/dynamics365/customer-insights/data/apis
- https://learn.microsoft.com/dynamics365/customer-insights/data/measure-builder
- https://github.com/microsoft/Dynamics365-CustomerInsights-Client-Libraries (/manage/measures)
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import quote, urlencode

import aiohttp
from pydantic import BaseModel, TypeAdapter, ValidationError
from yarl import URL

from shared.adapters.insights.client_credentials import ClientCredentials, Issuer, Named
from shared.ports.insights import (
    Client,
    Connection,
    Health,
    InsightsRefused,
    Secrets,
    SecretUnreadable,
    Value,
    Values,
)

SCOPE: Final = "https://api.ci.ai.dynamics.com/.default"
TIMEOUT_SECONDS: Final = 10.0  # for one call of the port, with all of its requests
SUBSCRIPTION_KEY: Final = "Ocp-Apim-Subscription-Key"
MEASURE_TABLE: Final = "Customer_Measure"
UNKNOWN_ACCOUNT: Final = ("-",)
OK, BAD_REQUEST, UNAUTHORIZED = 200, 400, 401
NOT_OURS: Final = frozenset({BAD_REQUEST, 403, 404})
REQUIRED_FIELDS: Final = (
    ("application_id", "applicationId"),
    ("secret_name", "secretName"),
    ("environment_instance_id", "environmentInstanceId"),
    ("alternate_customer_id", "alternateCustomerId"),
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`subscription_key` names the secret that holds it, where the API is behind one."""

    tenant: str
    authority: str = "https://login.microsoftonline.com"
    api: str = "https://api.ci.ai.dynamics.com/v1"
    subscription_key: str | None = None


class ClosingSecrets(Secrets, Protocol):
    vaults: frozenset[str]

    async def close(self) -> None: ...


class Measure(BaseModel):
    name: str


class Rows(BaseModel):
    value: list[dict[str, Any]]


MEASURES = TypeAdapter(list[Measure])
ROWS = TypeAdapter(Rows)


def _now() -> datetime:
    return datetime.now(UTC)


class CustomerInsights:
    """One HTTP session for the process, opened when it is first needed."""

    def __init__(
        self,
        secrets: ClosingSecrets,
        endpoints: Endpoints,
        *,
        patience: float = TIMEOUT_SECONDS,
        clock: Callable[[], datetime] = _now,
        **options: Any,
    ) -> None:
        """`options` go to the SDK that gets tokens, such as `connection_verify`."""
        self._secrets = secrets
        self._endpoints = endpoints
        self._patience = patience
        issuer = Issuer(endpoints.authority, endpoints.tenant, SCOPE, options)
        self._tokens = ClientCredentials(secrets, issuer, clock=clock)
        self._session: aiohttp.ClientSession | None = None
        self._key: str | None = None

    def vaults(self) -> Collection[str]:
        return self._secrets.vaults

    async def check(self, connection: Connection, defined: Collection[str]) -> Health:  # noqa: ARG002  # it knows its own
        for attribute, field in REQUIRED_FIELDS:
            if getattr(connection, attribute) is None:
                raise InsightsRefused("incomplete-connection", "It is needed.", field)
        async with self._answering():
            await self._get(connection, "", _no_environment)
            measures = await self._get(connection, "/manage/measures", _no_environment)
            existing = {measure.name for measure in _read(MEASURES, measures)}
            for index, name in enumerate(connection.measures):
                if name not in existing:
                    detail = f"Customer Insights has no measure {name}."
                    raise InsightsRefused("measure-unknown", detail, f"measures/{index}")
            await self._rows(connection, UNKNOWN_ACCOUNT)
        return self.last_health(connection)

    async def values(self, connection: Connection, clients: Sequence[Client]) -> Values:
        numbers = {client.account_number: client.key for client in clients if client.account_number}
        if not numbers:
            return {}
        async with self._answering():
            rows = await self._rows(connection, tuple(numbers))
        alternate = connection.alternate_customer_id or ""
        rows_by_key = ((numbers.get(str(row.get(alternate))), row) for row in rows)
        return {key: _values_of(row, connection.measures) for key, row in rows_by_key if key}

    def last_health(self, connection: Connection) -> Health:
        return Health(self._tokens.secret_expires_at(connection.secret_name or ""))

    async def close(self) -> None:
        if self._session:
            await self._session.close()
        await self._secrets.close()

    async def _rows(
        self, connection: Connection, account_numbers: Sequence[str]
    ) -> list[dict[str, Any]]:
        listed = ",".join("'" + number.replace("'", "''") + "'" for number in account_numbers)
        query = {
            "$expand": MEASURE_TABLE,
            "$filter": f"{connection.alternate_customer_id} in ({listed})",
        }
        path = "/data/Customer?" + urlencode(query, quote_via=quote, safe="$")
        return _read(ROWS, await self._get(connection, path, _no_alternate_id)).value

    async def _get(
        self, connection: Connection, path: str, unknown: Callable[[int], InsightsRefused]
    ) -> bytes:
        """Return the body; a token that is refused is asked for anew, once."""
        named = (connection.application_id or "", connection.secret_name or "")
        instance = quote(connection.environment_instance_id or "", safe="")
        url = f"{self._endpoints.api}/instances/{instance}{path}"
        status, body = await self._ask(url, named)
        if status == UNAUTHORIZED:
            self._tokens.forget(named)
            self._key = None
            status, body = await self._ask(url, named)
        if status == OK:
            return body
        if status == UNAUTHORIZED:
            raise InsightsRefused("token-refused", "The API refuses the token.", "applicationId")
        if status in NOT_OURS:
            raise unknown(status)
        raise InsightsRefused("insights-unavailable", f"Customer Insights answers {status}.")

    async def _ask(self, url: str, named: Named) -> tuple[int, bytes]:
        session = self._opened()
        headers = {"Authorization": f"Bearer {await self._tokens.token(named, session)}"}
        if self._endpoints.subscription_key:
            headers[SUBSCRIPTION_KEY] = await self._subscription_key(
                self._endpoints.subscription_key
            )
        async with session.get(
            URL(url, encoded=True), headers=headers, allow_redirects=False
        ) as response:
            return response.status, await response.read()

    async def _subscription_key(self, name: str) -> str:
        if self._key is None:
            try:
                self._key = (await self._secrets.get(name)).value
            except SecretUnreadable as exc:
                raise InsightsRefused("secret-unreadable", exc.detail) from exc
        return self._key

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    @asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        """Say in the words of the port what keeps the API from answering."""
        try:
            async with asyncio.timeout(self._patience):
                yield
        except TimeoutError as exc:
            detail = f"No answer within {self._patience:g} s."
            raise InsightsRefused("insights-timeout", detail) from exc
        except aiohttp.ClientError as exc:
            detail = f"Customer Insights does not answer ({type(exc).__name__})."
            raise InsightsRefused("insights-unavailable", detail) from exc


def _read(kind: TypeAdapter[T], body: bytes) -> T:
    try:
        return kind.validate_json(body)
    except ValidationError as exc:
        detail = "Customer Insights answers what is not understood."
        raise InsightsRefused("insights-unavailable", detail) from exc


def _values_of(row: Mapping[str, Any], measures: Sequence[str]) -> dict[str, Value]:
    """Return the measures of a row: expanded as one record or as a list of one, or columns."""
    expanded = row.get(MEASURE_TABLE, row)
    if isinstance(expanded, list):
        expanded = expanded[0] if expanded else {}
    values = {name: expanded.get(name) for name in measures} if isinstance(expanded, dict) else {}
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, int | float | str) and not isinstance(value, bool)
    }


def _no_environment(status: int) -> InsightsRefused:
    detail = f"There is no such environment, or the application may not view it ({status})."
    return InsightsRefused("environment-unknown", detail, "environmentInstanceId")


def _no_alternate_id(status: int) -> InsightsRefused:
    if status != BAD_REQUEST:
        return _no_environment(status)
    detail = "Unified customers have no such property, or it is no alternate key."
    return InsightsRefused("alternate-id-unknown", detail, "alternateCustomerId")
