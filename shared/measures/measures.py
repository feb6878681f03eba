"""Measures of the customers on a page: cached, fetched in one call, within a time budget."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.configuration.cache import Configuration
from shared.configuration.domain.collections import MEASURES
from shared.configuration.domain.companies import CustomerInsights
from shared.configuration.domain.measure_definitions import (
    InsightsHealth,
    MeasureDefinition,
    MeasurePage,
)
from shared.configuration.domain.secret_names import secret_flaw
from shared.core.errors import Invalid, Unavailable
from shared.core.evolve import evolve
from shared.ports.documents import can_be_id
from shared.ports.insights import MAX_CLIENTS, Client, Connection, Insights, InsightsRefused, Value

CACHE_TTL = timedelta(minutes=5)
RETRY_AFTER = timedelta(seconds=15)  # a source that failed, or was late
EXPIRES_SOON = timedelta(days=30)
PAGE_BUDGET_SECONDS = 0.5
MAX_CACHED_CLIENTS = 20_000

LONG_AGO = datetime.min.replace(tzinfo=UTC)
NOT_CHECKED = InsightsHealth.model_construct(status="ok", detail="Not checked yet.")

CacheKey = tuple[str, Connection, str]  # company, connection, key of the client


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """The client is compared too: its imported values and its account number may change."""

    client: Client
    values: Mapping[str, Value]
    expires_at: datetime


@dataclass(slots=True)
class Source:
    """The source of one company: the fetch under way, and until when none is started."""

    fetching: asyncio.Task[None] | None = None
    paused_until: datetime = LONG_AGO
    health: InsightsHealth = NOT_CHECKED


def _now() -> datetime:
    return datetime.now(UTC)


class Measures:
    """The measures of customers, as their companies show them on cards."""

    def __init__(
        self,
        insights: Insights,
        configuration: Configuration,
        *,
        budget: float = PAGE_BUDGET_SECONDS,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._insights = insights
        self._configuration = configuration
        self._budget = budget
        self._clock = clock
        self._entries: OrderedDict[CacheKey, CacheEntry] = OrderedDict()
        self._sources: defaultdict[str, Source] = defaultdict(Source)

    async def page(self, legal_entity: str, clients: Sequence[Client]) -> MeasurePage:
        """Return the measures of these clients within the budget; a failing source is no error.

        Then the page is `unavailable` and has what is cached, however old. A fetch that is late
        goes on, one for each company, so that the next page has its values.
        """
        settings = (await self._configuration.parameters(legal_entity)).customer_insights
        if not settings.enabled:
            return MeasurePage("off")
        connection = connection_of(settings, legal_entity, self._insights.vaults())
        definitions = await self._definitions(legal_entity, connection)
        is_complete = not definitions or await self._fill(legal_entity, connection, clients)
        values = {
            client.key: entry.values
            for client in clients
            if (entry := self._entries.get((legal_entity, connection, client.key)))
        }
        return MeasurePage("ok" if is_complete else "unavailable", definitions, values)

    def check_secret(self, legal_entity: str, settings: CustomerInsights) -> None:
        """Raise Invalid for a secret that the company may not name."""
        name = settings.secret_name
        if name and (flaw := secret_flaw(name, legal_entity, self._insights.vaults())):
            raise Invalid.at("/customerInsights/secretName", "secret-not-allowed", flaw)

    async def check(self, legal_entity: str, settings: CustomerInsights) -> None:
        """Try the connection, and note its health. Raises Invalid, at the field that is wrong."""
        self.check_secret(legal_entity, settings)
        connection = connection_of(settings, legal_entity, self._insights.vaults())
        source = self._sources[legal_entity]
        defined = [name for name in connection.measures if await self._find(legal_entity, name)]
        try:
            await self._insights.check(connection, defined)
        except InsightsRefused as exc:
            pointer = f"/customerInsights/{exc.field}"
            raise Invalid.at(pointer, exc.reason, exc.detail) from exc
        self._note(source, connection, None)

    def health(self, legal_entity: str, settings: CustomerInsights) -> InsightsHealth:
        """Return the result of the last check or fetch, without a new one."""
        if not settings.enabled:
            return InsightsHealth(status="off")
        health = self._sources[legal_entity].health
        expires = health.secret_expires_at
        expires_soon = expires is not None and expires - self._clock() <= EXPIRES_SOON
        return evolve(health, secret_expires_soon=expires_soon)

    async def _definitions(
        self, legal_entity: str, connection: Connection
    ) -> tuple[MeasureDefinition, ...]:
        definitions = [(name, await self._find(legal_entity, name)) for name in connection.measures]
        return tuple(
            definition or MeasureDefinition.model_construct(name=name, label=name, data_type="Text")
            for name, definition in definitions
        )

    async def _find(self, legal_entity: str, name: str) -> MeasureDefinition | None:
        if not can_be_id(name):
            return None
        return await self._configuration.find(legal_entity, MEASURES, name)

    async def _fill(
        self, legal_entity: str, connection: Connection, clients: Sequence[Client]
    ) -> bool:
        """Fetch what is missing; return whether nothing is missing any more."""
        source = self._sources[legal_entity]
        try:
            async with asyncio.timeout(self._budget):
                while missing := self._missing(legal_entity, connection, clients):
                    if source.paused_until > self._clock():
                        return False
                    if source.fetching is None:
                        fetch = self._fetch(legal_entity, connection, missing[:MAX_CLIENTS])
                        source.fetching = asyncio.create_task(fetch)
                    await asyncio.shield(source.fetching)
        except TimeoutError:
            self._note(source, connection, f"No answer within {self._budget} s.")
            return False
        return True

    def _missing(
        self, legal_entity: str, connection: Connection, clients: Sequence[Client]
    ) -> list[Client]:
        now = self._clock()

        def is_missing(client: Client) -> bool:
            entry = self._entries.get((legal_entity, connection, client.key))
            return entry is None or entry.expires_at <= now or entry.client != client

        return [client for client in clients if is_missing(client)]

    async def _fetch(
        self, legal_entity: str, connection: Connection, clients: Sequence[Client]
    ) -> None:
        source = self._sources[legal_entity]
        try:
            values = await self._insights.values(connection, clients)
        except Unavailable as exc:
            self._note(source, connection, exc.detail)
            return
        finally:
            source.fetching = None
        for client in clients:
            self._store((legal_entity, connection, client.key), client, values.get(client.key, {}))
        self._note(source, connection, None)

    def _store(self, key: CacheKey, client: Client, values: Mapping[str, Value]) -> None:
        self._entries[key] = CacheEntry(client, values, self._clock() + CACHE_TTL)
        self._entries.move_to_end(key)
        if len(self._entries) > MAX_CACHED_CLIENTS:
            self._entries.popitem(last=False)

    def _note(self, source: Source, connection: Connection, error: str | None) -> None:
        """Note the health of the source, and start no fetch for a while if it failed."""
        now = self._clock()
        source.paused_until = now + RETRY_AFTER if error else now
        source.health = InsightsHealth(
            status="unavailable" if error else "ok",
            checked_at=now,
            detail=error or "",
            secret_expires_at=self._insights.last_health(connection).secret_expires_at,
        )


def connection_of(
    settings: CustomerInsights, legal_entity: str, vaults: Collection[str] = ()
) -> Connection:
    """Return the connection, without a secret that was named before there was a rule for it."""
    name = settings.secret_name
    is_own = name is not None and secret_flaw(name, legal_entity, vaults) is None
    return Connection(
        application_id=settings.application_id,
        secret_name=name if is_own else None,
        environment_instance_id=settings.environment_instance_id,
        alternate_customer_id=settings.alternate_customer_id,
        measures=tuple(settings.measures),
    )
