"""What is told of a request: one trace through all of its hops, its cost, and nobody's name."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from azure.core.settings import settings as azure_settings
from azure.functions.meta import Datum
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from function_app import app
from functions._work import Work
from functions.sync import timer_customer_sync
from local import telemetry as local_telemetry
from local.folder import Folder
from local.host.app import Host
from local.host.functions import decode
from shared.adapters.telemetry.exports import exporting
from shared.composition import telemetry as wiring_telemetry
from shared.customers.creation.creation import create_customer
from shared.customers.domain.creation import NewCustomer
from shared.platform.metering import Tally, tally
from shared.platform.settings import Settings
from shared.ports import telemetry
from shared.ports.telemetry import NoTelemetry, Telemetry
from tests.api import ADMINISTRATOR, COMPANY, MANAGER, Api, a_customer, an_email, started
from tests.personal_data import PersonalDataLeaked, PersonalDataRecorder, check, personal

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
UNSAMPLED = f"00-{TRACE}-00f067aa0ba902b7-00"
ASYNC = {"prefer": "respond-async"}


class Told:
    """Spans and measurements of one test."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.telemetry = exporting([SimpleSpanProcessor(self._spans)], self._reader)

    def spans(self, trace: str | None = None) -> dict[str, ReadableSpan]:
        """Return the last span of each name, of one trace or of all."""
        return {
            one.name: one
            for one in self._spans.get_finished_spans()
            if trace in {None, context_of(one)[0]}
        }

    def points(self, name: str) -> list[Any]:
        return self.all_points().get(name, [])

    def all_points(self) -> dict[str, list[Any]]:
        found = self._reader.get_metrics_data()
        return {
            metric.name: list(metric.data.data_points)
            for resource in (found.resource_metrics if found else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


def context_of(span: ReadableSpan) -> tuple[str, str]:
    """Return the ids of its trace and of itself."""
    context: Any = span.get_span_context()
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


def parent_of(span: ReadableSpan) -> str | None:
    return f"{span.parent.span_id:016x}" if span.parent else None


@contextmanager
def using(chosen: Telemetry) -> Iterator[None]:
    before = wiring_telemetry.telemetry()
    wiring_telemetry.install(chosen)
    try:
        yield
    finally:
        wiring_telemetry.install(before)


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    with using(told.telemetry):
        yield told


@pytest.fixture
async def still(folder: Folder) -> AsyncIterator[Api]:
    """The API of a host whose queue nobody serves, so that the pending stay so."""
    host = Host(app, folder)
    host.functions = [one for one in host.functions if one.kind != "serviceBusTrigger"]
    async with AsyncExitStack() as stack:
        yield await started(host, stack)


async def converted(api: Api, key: str) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            customer = api.read(await api.get(f"customers/{key}"))
            if customer["syncStatus"] == "Synced":
                return customer
            await asyncio.sleep(0.05)


async def test_one_trace_leads_from_the_request_to_the_account_number(api: Api, told: Told) -> None:
    made = await api.post("customers", a_customer(), traceparent=PARENT, **ASYNC)
    await converted(api, made.json()["id"])
    async with asyncio.timeout(10):
        while len(told.spans(TRACE)) < 5 or "relay_events" not in told.spans():
            await asyncio.sleep(0.05)
    spans = told.spans(TRACE)
    request = spans["create_customer"]

    def below(child: str, parent: str) -> bool:
        return parent_of(spans[child]) == context_of(spans[parent])[1]

    assert made.headers["X-Trace-Id"] == TRACE
    assert parent_of(request) == PARENT[36:52]
    assert below("send customer-sync", "create_customer")
    assert below("synchronize_customer", "send customer-sync")
    assert below("convert_customer", "synchronize_customer")
    assert spans["send customer-sync"].links, "the invocation of the feed that sent it"
    linked = {f"{one.context.trace_id:032x}" for one in told.spans()["relay_events"].links}
    assert TRACE in linked


async def test_a_span_says_what_it_cost_and_for_which_company(api: Api, told: Told) -> None:
    made = await api.post("customers", a_customer(contacts=[an_email()]))
    span = told.spans()["create_customer"]
    attributes = dict(span.attributes or {})

    assert made.status_code == 201
    assert attributes["libro.legal_entity"] == COMPANY
    assert attributes["http.route"] == "/api/v1/{legalEntity}/customers"
    assert attributes["http.response.status_code"] == 201
    assert attributes["libro.store.commits"] == 2, "a number, and the customer"
    assert [point.count for point in told.points("http.server.request.duration")] == [1]


async def test_a_till_that_acts_for_an_associate_is_in_the_trace(api: Api, told: Told) -> None:
    made = await api.post("customers", a_customer(), bearer=replace(MANAGER, till="till-7"))
    attributes = dict(told.spans()["create_customer"].attributes or {})

    assert made.json()["createdBy"] == "employee:000160"
    assert attributes["libro.till"] == "till-7"


async def test_who_is_refused_names_no_company(api: Api, told: Told) -> None:
    await api.get("/api/v1/KAREN/customers", bearer=ADMINISTRATOR)

    assert "libro.legal_entity" not in (told.spans()["find_customers"].attributes or {})


async def test_a_failure_tells_its_kind_and_none_of_its_words(told: Told) -> None:
    with pytest.raises(ValueError, match="Karen"), Work("break", "internal"):
        raise ValueError("Karen Berg")
    span = told.spans()["break"]

    assert dict(span.attributes or {})["error.type"] == "ValueError"
    assert not span.status.is_ok
    assert not span.events
    assert span.status.description is None


async def test_throttling_and_charges_are_measured(told: Told) -> None:
    with Work("ask", "internal") as work:
        work.count.throttled, work.count.charge = 2, 7.5

    assert [point.value for point in told.points("libro.store.throttled")] == [2]
    assert [point.sum for point in told.points("libro.store.charge")] == [7.5]


async def test_work_within_work_counts_for_both(told: Told) -> None:
    with Work("outer", "internal") as outer, Work("inner", "internal") as inner:
        count = tally.get() or Tally()
        count.reads += 1

    assert inner.count.reads == outer.count.reads == 1


async def test_the_sweeper_tells_who_waits_and_for_how_long(still: Api, told: Told) -> None:
    await still.post("customers", a_customer(), **ASYNC)
    sweeper = timer_customer_sync.synchronize_customers_and_channel_requests
    tick = decode("timerTrigger", Datum('{"IsPastDue": false}', "json"))
    async with asyncio.timeout(10):
        while not [point for point in told.points("libro.sync.pending") if point.value]:
            await sweeper(tick=tick)
            await asyncio.sleep(0.05)
    await sweeper(tick=tick)  # looking at a gauge empties it
    shown = told.all_points()
    [lag] = shown["libro.sync.lag"]
    letters = {dict(one.attributes)["messaging.destination.name"]: one.value
               for one in shown["libro.dead_letters"]}  # fmt: skip

    assert letters["customer-sync"] == 0
    assert 0 < lag.value < 10
    assert dict(lag.attributes) == {"libro.legal_entity": COMPANY}


async def test_what_the_caller_does_not_record_is_passed_on_and_not_recorded(
    api: Api, told: Told
) -> None:
    answer = await api.get("customers/nobody", traceparent=UNSAMPLED)

    assert answer.headers["X-Trace-Id"] == TRACE
    assert not told.spans(TRACE)


def test_without_telemetry_the_trace_goes_on_as_it_came() -> None:
    with NoTelemetry().span("any", parent=PARENT) as span:
        assert telemetry.traceparent() == span.traceparent == PARENT
        with NoTelemetry().span("within") as within:
            assert within.traceparent == PARENT

    assert telemetry.traceparent() is None
    assert telemetry.trace_id() == ""


@pytest.mark.parametrize("rubbish", ["rubbish", f"ff{PARENT[2:]}", f"00-{'0' * 32}-{'1' * 16}-01"])
def test_what_is_no_traceparent_begins_a_trace(rubbish: str, told: Told) -> None:
    for one in (NoTelemetry(), told.telemetry):
        with one.span("any", parent=rubbish) as span:
            assert telemetry.valid(span.traceparent)
            assert span.traceparent != rubbish


async def test_an_errand_outside_of_any_work_belongs_to_no_trace(folder: Folder, api: Api) -> None:
    context = folder.backend(api.documents).context(COMPANY, "application:test", datetime.now(UTC))
    made = await create_customer(
        NewCustomer(store_number="HOUSTON", last_name="Berg"), context=context
    )
    event = await api.documents.read(
        "customers", (made.customer.value.id, COMPANY), "event:000000000001"
    )

    assert event
    assert "traceparent" not in event.body["event"]


def test_telemetry_is_off_unless_something_is_named() -> None:
    insights = {"APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=0"}

    assert not wiring_telemetry.connect_telemetry(Settings()).on
    assert not wiring_telemetry.connect_telemetry(Settings(**insights)).on  # type: ignore[arg-type]
    assert wiring_telemetry._default(Settings(WEBSITE_SITE_NAME="a", **insights)) == "azure-monitor"  # type: ignore[arg-type]


@pytest.mark.usefixtures("told")
def test_the_sdks_of_azure_tell_no_spans_of_their_own() -> None:
    assert azure_settings.tracing_enabled() is False, "they name documents by their addresses"


def test_spans_and_metrics_go_to_a_file(tmp_path: Path) -> None:
    before, file = wiring_telemetry.telemetry(), tmp_path / "spans.jsonl"
    with local_telemetry.telemetry_named(f"file:{file}")(), Work("try", "internal"):
        pass
    wiring_telemetry.install(before)
    span, metrics = [json.loads(line) for line in file.read_text().splitlines()]

    assert span["name"] == "try"
    assert "libro.work.duration" in str(metrics)


def test_a_name_in_a_log_or_a_span_is_seen(recorder: PersonalDataRecorder) -> None:
    logging.getLogger("shared.anything").debug("found %s", "Karen Berg")
    with pytest.raises(PersonalDataLeaked, match="karen"):
        check(recorder)
    with Work("find", "internal") as work:
        work.span.note({"q": "x@example.com"})
        work.span.add_event("met", {"who": "Zenobia"})
    with pytest.raises(PersonalDataLeaked, match="zenobia"):
        check(recorder)

    assert personal("quiet\nto +12065550123\n") == ["to +12065550123"]
