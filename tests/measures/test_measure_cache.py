"""Measures for a page: remembered, within a budget, and from a source that may be in trouble."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.folder import Folder
from local.insights import ImportedInsights
from local.store import SqliteDocuments
from shared.configuration.cache import Configuration
from shared.configuration.domain import collections as col
from shared.configuration.domain.companies import CustomerInsights, Parameters
from shared.configuration.domain.measure_definitions import MeasureDefinition, MeasurePage
from shared.configuration.settings import edit_parameters, put_setting
from shared.context import Context
from shared.core.errors import Invalid
from shared.core.evolve import evolve
from shared.measures import measures as usecase
from shared.measures.measures import Measures
from shared.ports.insights import Client, Connection, Health, InsightsRefused, NoInsights, Values
from tests.api import COMPANY

NOW = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
ENDS = NOW + timedelta(days=31)
PATIENT, HASTY = 10.0, 0.0
FOR_EVER = 5.0
KAREN, TOM = Client("karen", "004021"), Client("tom", "004022")
CONFIGURED = CustomerInsights(enabled=True, measures=["Spend", "Orders"])
SPEND = MeasureDefinition(name="Spend", label="Spent", data_type="Currency", currency="USD")
ORDERS = MeasureDefinition(name="Orders", label="Orders", data_type="Integer")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class Source:
    """A source that writes down whom it was asked for, and waits at a gate while that is closed."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.trouble: InsightsRefused | None = None

    async def check(self, _: Connection, defined: Collection[str]) -> Health:
        if self.trouble:
            raise self.trouble
        return Health(ENDS)

    async def values(self, connection: Connection, clients: Sequence[Client]) -> Values:
        self.asked.append([one.key for one in clients])
        await self.gate.wait()
        if self.trouble:
            raise self.trouble
        return {one.key: {"Orders": len(self.asked)} for one in clients if one.key != "nobody"}

    def vaults(self) -> tuple[str, ...]:
        return ()

    def last_health(self, _: Connection) -> Health:
        return Health(ENDS)


DOWN = InsightsRefused("insights-unavailable", "It is down.")


@pytest.fixture
async def context(configured: Path, tmp_path: Path) -> AsyncIterator[Context]:
    folder = Folder(shutil.copytree(configured, tmp_path / "data"))
    documents = SqliteDocuments(folder.database)
    context = folder.backend(documents).context(COMPANY, "application:test", NOW)
    for one in (SPEND, ORDERS):
        await put_setting(col.MEASURES, one.name, one, if_match=None, context=context)
    yield context
    documents.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source() -> Source:
    return Source()


async def configure(context: Context, part: CustomerInsights) -> None:
    def changed(old: dict[str, Any]) -> Parameters:
        return evolve(Parameters.model_validate(old), customer_insights=part)

    await edit_parameters(changed, if_match="*", context=context)


@pytest.fixture
async def measures(context: Context, source: Source, clock: Clock) -> Measures:
    await configure(context, CONFIGURED)
    return made(context, source, clock)


def made(context: Context, source: Source, clock: Clock) -> Measures:
    configuration = Configuration(context.documents, clock=clock.seconds)
    return Measures(source, configuration, budget=PATIENT, clock=clock)


async def settled(measures: Measures) -> None:
    """Let what is under way in the background come to its end."""
    while fetching := measures._sources[COMPANY].fetching:
        await fetching


def orders(page: MeasurePage) -> dict[str, Any]:
    return {key: values.get("Orders") for key, values in page.values.items()}


async def test_definitions_come_in_the_configured_order(measures: Measures) -> None:
    page = await measures.page(COMPANY, [KAREN])

    assert page.status == "ok"
    assert page.definitions == (SPEND, ORDERS)
    assert orders(page) == {"karen": 1}


async def test_a_measure_without_a_definition_is_called_by_its_name(
    context: Context, measures: Measures
) -> None:
    definition = await context.documents.read("settings", (COMPANY, "measures"), "Spend")
    assert definition
    found = await measures._definitions(COMPANY, Connection(measures=("a/b", "Shoes")))

    assert [(one.name, one.label, one.data_type) for one in found] == [
        ("a/b", "a/b", "Text"),
        ("Shoes", "Shoes", "Text"),
    ]


async def test_a_company_without_insights_asks_nobody(
    context: Context, source: Source, clock: Clock
) -> None:
    measures = made(context, source, clock)
    page = await measures.page(COMPANY, [KAREN])

    assert page == MeasurePage("off")
    assert source.asked == []
    assert measures.health(COMPANY, CustomerInsights()).status == "off"


async def test_no_measures_at_all_are_no_reason_to_ask(
    context: Context, source: Source, clock: Clock
) -> None:
    await configure(context, CustomerInsights(enabled=True))
    page = await made(context, source, clock).page(COMPANY, [KAREN])

    assert page == MeasurePage("ok")
    assert source.asked == []


async def test_only_those_who_are_missing_are_asked_for(measures: Measures, source: Source) -> None:
    nobody = Client("nobody", "1")
    await measures.page(COMPANY, [KAREN, nobody])
    page = await measures.page(COMPANY, [KAREN, TOM, nobody])

    assert source.asked == [["karen", "nobody"], ["tom"]]
    assert orders(page) == {"karen": 1, "tom": 2, "nobody": None}


async def test_values_are_remembered_for_five_minutes(
    measures: Measures, source: Source, clock: Clock
) -> None:
    await measures.page(COMPANY, [KAREN])
    clock.move(minutes=4, seconds=59)
    before = await measures.page(COMPANY, [KAREN])
    clock.move(seconds=1)
    after = await measures.page(COMPANY, [KAREN])

    assert (orders(before), orders(after)) == ({"karen": 1}, {"karen": 2})


async def test_a_client_that_got_a_number_or_an_import_is_asked_for_anew(
    measures: Measures, source: Source
) -> None:
    for client in (Client("eve"), Client("eve", "7"), Client("eve", "7", {"Orders": 3})):
        await measures.page(COMPANY, [client])

    assert source.asked == [["eve"]] * 3


async def test_what_another_connection_said_is_not_shown(
    context: Context, measures: Measures, source: Source, clock: Clock
) -> None:
    await measures.page(COMPANY, [KAREN])
    await configure(context, evolve(CONFIGURED, environment_instance_id="other"))
    clock.move(seconds=10)
    page = await measures.page(COMPANY, [KAREN])

    assert orders(page) == {"karen": 2}


async def test_more_than_a_hundred_come_by_the_hundred(measures: Measures, source: Source) -> None:
    clients = [Client(f"c{number}", str(number)) for number in range(250)]
    page = await measures.page(COMPANY, clients)

    assert [len(one) for one in source.asked] == [100, 100, 50]
    assert len(page.values) == 250


async def test_memory_is_bounded(
    context: Context, source: Source, clock: Clock, measures: Measures
) -> None:
    connection = usecase.connection_of(CONFIGURED, "USRT")
    for number in range(usecase.MAX_CACHED_CLIENTS + 5):
        measures._store((COMPANY, connection, str(number)), KAREN, {})

    assert len(measures._entries) == usecase.MAX_CACHED_CLIENTS
    assert (COMPANY, connection, "4") not in measures._entries


async def test_a_late_source_costs_the_page_its_values_and_nothing_else(
    context: Context, measures: Measures, source: Source, clock: Clock
) -> None:
    source.gate.clear()
    measures._budget = HASTY
    late = await measures.page(COMPANY, [KAREN])
    source.gate.set()
    await settled(measures)
    next_one = await measures.page(COMPANY, [KAREN])

    assert late == MeasurePage("unavailable", (SPEND, ORDERS), {})
    assert next_one.status == "ok"
    assert orders(next_one) == {"karen": 1}
    assert source.asked == [["karen"]]


async def test_what_is_remembered_is_given_while_the_source_is_in_trouble(
    measures: Measures, source: Source, clock: Clock
) -> None:
    await measures.page(COMPANY, [KAREN])
    source.trouble = DOWN
    beside = await measures.page(COMPANY, [KAREN, TOM])
    clock.move(hours=1)
    old = await measures.page(COMPANY, [KAREN])

    assert (beside.status, orders(beside)) == ("unavailable", {"karen": 1})
    assert (old.status, orders(old)) == ("unavailable", {"karen": 1})


async def test_a_source_that_failed_is_left_alone_for_a_while(
    measures: Measures, source: Source, clock: Clock
) -> None:
    source.trouble = DOWN
    for _ in range(3):
        assert (await measures.page(COMPANY, [KAREN])).status == "unavailable"
    asked = len(source.asked)
    source.trouble = None
    clock.move(seconds=16)
    page = await measures.page(COMPANY, [KAREN])

    assert asked == 1
    assert page.status == "ok"


async def test_a_source_that_was_late_is_left_alone_too(
    context: Context, measures: Measures, source: Source, clock: Clock
) -> None:
    source.gate.clear()
    measures._budget = HASTY
    await measures.page(COMPANY, [KAREN])
    measures._budget = PATIENT
    async with asyncio.timeout(FOR_EVER):
        page = await measures.page(COMPANY, [TOM])
    source.gate.set()
    await settled(measures)

    assert page.status == "unavailable"
    assert source.asked == [["karen"]]
    assert (await measures.page(COMPANY, [TOM])).status == "ok"


async def test_pages_at_the_same_time_share_a_fetch(measures: Measures, source: Source) -> None:
    source.gate.clear()
    pages = [asyncio.create_task(measures.page(COMPANY, [KAREN])) for _ in range(3)]
    pages.append(asyncio.create_task(measures.page(COMPANY, [KAREN, TOM])))
    while not source.asked:
        await asyncio.sleep(0)
    source.gate.set()
    found = await asyncio.gather(*pages)

    assert source.asked == [["karen"], ["tom"]]
    assert [orders(one) for one in found] == [{"karen": 1}] * 3 + [{"karen": 1, "tom": 2}]


async def test_who_stops_waiting_does_not_stop_the_fetch(
    measures: Measures, source: Source
) -> None:
    source.gate.clear()
    gone = asyncio.create_task(measures.page(COMPANY, [KAREN]))
    while not source.asked:
        await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    source.gate.set()
    page = await measures.page(COMPANY, [KAREN])

    assert gone.cancelled()
    assert orders(page) == {"karen": 1}
    assert len(source.asked) == 1


async def test_a_company_does_not_wait_for_the_trouble_of_another(
    context: Context, measures: Measures, source: Source
) -> None:
    measures._sources["FRRT"].paused_until = NOW + timedelta(days=1)

    assert (await measures.page(COMPANY, [KAREN])).status == "ok"


async def test_health_is_what_was_seen_last(
    measures: Measures, source: Source, clock: Clock
) -> None:
    unasked = measures.health(COMPANY, CONFIGURED)
    await measures.page(COMPANY, [KAREN])
    well = measures.health(COMPANY, CONFIGURED)
    clock.move(days=2)
    source.trouble = DOWN
    await measures.page(COMPANY, [KAREN])
    ill = measures.health(COMPANY, CONFIGURED)

    assert (unasked.status, unasked.checked_at) == ("ok", None)
    assert (well.status, well.checked_at, well.secret_expires_at) == ("ok", NOW, ENDS)
    assert not well.secret_expires_soon
    assert (ill.status, ill.detail, ill.checked_at) == ("unavailable", "It is down.", clock.now)
    assert ill.secret_expires_soon


async def test_a_check_that_succeeds_ends_the_rest(
    measures: Measures, source: Source, clock: Clock
) -> None:
    source.trouble = DOWN
    await measures.page(COMPANY, [KAREN])
    with pytest.raises(Invalid) as caught:
        await measures.check(COMPANY, CONFIGURED)
    source.trouble = None
    await measures.check(COMPANY, CONFIGURED)
    page = await measures.page(COMPANY, [KAREN])

    assert caught.value.flaws[0].pointer == "/customerInsights/enabled"
    assert caught.value.flaws[0].code == "insights-unavailable"
    assert page.status == "ok"


async def test_imported_values_are_those_of_the_client(context: Context) -> None:
    client = Client("k", None, {"Orders": 4, "Other": 1})
    connection = Connection(measures=("Spend", "Orders"))

    assert await ImportedInsights().values(connection, [client]) == {"k": {"Orders": 4}}


async def test_a_process_without_insights_says_so(context: Context, clock: Clock) -> None:
    await configure(context, CONFIGURED)
    measures = Measures(NoInsights(), context.configuration, clock=clock)
    page = await measures.page(COMPANY, [KAREN])
    with pytest.raises(Invalid):
        await measures.check(COMPANY, CONFIGURED)

    assert page.status == "unavailable"
    assert measures.health(COMPANY, CONFIGURED).detail == "No Customer Insights is connected."
