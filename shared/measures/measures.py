"""Measures of customers for a page: remembered, asked for in one call, not waited for long."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
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
from shared.core.errors import Invalid, Unavailable
from shared.core.evolve import evolve
from shared.ports.documents import can_be_id
from shared.ports.insights import MAX_CLIENTS, Client, Connection, Insights, InsightsRefused, Value

FRESH = timedelta(minutes=5)
REST = timedelta(seconds=15)  # for a source that failed or was late
SOON = timedelta(days=30)
BUDGET = 0.5  # seconds that a page waits
MOST_REMEMBERED = 20_000

LONG_AGO = datetime.min.replace(tzinfo=UTC)
UNASKED = InsightsHealth.model_construct(status="ok", detail="Not asked yet.")

Place = tuple[str, Connection, str]


@dataclass(frozen=True, slots=True)
class Remembered:
    client: Client  # what was imported for it may change, and its account number
    values: Mapping[str, Value]
    until: datetime


@dataclass(slots=True)
class Source:
    """The source as one company sees it: what is under way, and until when it is left alone."""

    fetching: asyncio.Task[None] | None = None
    rests_until: datetime = LONG_AGO
    health: InsightsHealth = UNASKED


def _now() -> datetime:
    return datetime.now(UTC)


class Measures:
    def __init__(
        self,
        insights: Insights,
        configuration: Configuration,
        *,
        budget: float = BUDGET,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._insights = insights
        self._configuration = configuration
        self._budget = budget
        self._clock = clock
        self._remembered: OrderedDict[Place, Remembered] = OrderedDict()
        self._sources: defaultdict[str, Source] = defaultdict(Source)

    async def page(self, legal_entity: str, clients: Sequence[Client]) -> MeasurePage:
        """Return the measures of these clients within the budget; a source in trouble is no error.

        Then the page is `unavailable` and has what is remembered, however old. A fetch that is
        late goes on, one for each company, so that the next page finds what it brings.
        """
        part = (await self._configuration.parameters(legal_entity)).customer_insights
        if not part.enabled:
            return MeasurePage("off")
        connection = connection_of(part)
        definitions = await self._definitions(legal_entity, connection)
        answered = not definitions or await self._fill(legal_entity, connection, clients)
        values = {
            client.key: known.values
            for client in clients
            if (known := self._remembered.get((legal_entity, connection, client.key)))
        }
        return MeasurePage("ok" if answered else "unavailable", definitions, values)

    async def check(self, legal_entity: str, part: CustomerInsights) -> None:
        """Try the connection, and remember how it went. Raises Invalid, at its flaw."""
        connection = connection_of(part)
        source = self._sources[legal_entity]
        known = [name for name in connection.measures if await self._find(legal_entity, name)]
        try:
            await self._insights.check(connection, known)
        except InsightsRefused as exc:
            flaw = f"/customerInsights/{exc.field}"
            raise Invalid.at(flaw, exc.reason, exc.detail) from exc
        self._note(source, connection, None)

    def health(self, legal_entity: str, part: CustomerInsights) -> InsightsHealth:
        """Return what the last check or fetch has found. Asks nobody."""
        if not part.enabled:
            return InsightsHealth(status="off")
        health = self._sources[legal_entity].health
        expires = health.secret_expires_at
        soon = expires is not None and expires - self._clock() <= SOON
        return evolve(health, secret_expires_soon=soon)

    async def _definitions(
        self, legal_entity: str, connection: Connection
    ) -> tuple[MeasureDefinition, ...]:
        found = [(name, await self._find(legal_entity, name)) for name in connection.measures]
        return tuple(
            one or MeasureDefinition.model_construct(name=name, label=name, data_type="Text")
            for name, one in found
        )

    async def _find(self, legal_entity: str, name: str) -> MeasureDefinition | None:
        if not can_be_id(name):
            return None
        return await self._configuration.find(legal_entity, MEASURES, name)

    async def _fill(
        self, legal_entity: str, connection: Connection, clients: Sequence[Client]
    ) -> bool:
        """Fetch what is missing, and tell if nothing is any more."""
        source = self._sources[legal_entity]
        try:
            async with asyncio.timeout(self._budget):
                while missing := self._missing(legal_entity, connection, clients):
                    if source.rests_until > self._clock():
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
            known = self._remembered.get((legal_entity, connection, client.key))
            return known is None or known.until <= now or known.client != client

        return [client for client in clients if is_missing(client)]

    async def _fetch(
        self, legal_entity: str, connection: Connection, clients: Sequence[Client]
    ) -> None:
        source = self._sources[legal_entity]
        try:
            found = await self._insights.values(connection, clients)
        except Unavailable as exc:
            self._note(source, connection, exc.detail)
            return
        finally:
            source.fetching = None
        for client in clients:
            values = found.get(client.key, {})
            self._remember((legal_entity, connection, client.key), client, values)
        self._note(source, connection, None)

    def _remember(self, place: Place, client: Client, values: Mapping[str, Value]) -> None:
        self._remembered[place] = Remembered(client, values, self._clock() + FRESH)
        self._remembered.move_to_end(place)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    def _note(self, source: Source, connection: Connection, trouble: str | None) -> None:
        """Remember how the source is, and leave it alone for a while if it is in trouble."""
        now = self._clock()
        source.rests_until = now + REST if trouble else now
        source.health = InsightsHealth(
            status="unavailable" if trouble else "ok",
            checked_at=now,
            detail=trouble or "",
            secret_expires_at=self._insights.last_health(connection).secret_expires_at,
        )


def connection_of(part: CustomerInsights) -> Connection:
    return Connection(
        application_id=part.application_id,
        secret_name=part.secret_name,
        environment_instance_id=part.environment_instance_id,
        alternate_customer_id=part.alternate_customer_id,
        measures=tuple(part.measures),
    )
