"""The app keeps the rules that only the real host holds it to, and each rule is one."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import azure.functions as func
import pytest

from function_app import app
from local.host.functions import CannotStart, Function, read_functions
from local.host.hostfile import HOST_FILE
from shared.platform.settings import Settings
from shared.ports.bus import SESSIONS
from tests.conformance.hostrules import Unresolved, breaches

SETTINGS = {
    "COSMOS_DATABASE": "libro",
    "COSMOS__accountEndpoint": "https://libro.documents.azure.com:443/",
    "SERVICEBUS__fullyQualifiedNamespace": "libro.servicebus.windows.net",
}

UNREADABLE = ("{x}{y}", "{x}/{x}", "{*x}/y", "a?b", "a//b", "x/{y:regex(^a{2}$)}")

Declare = Callable[[func.FunctionApp], object]


async def serve(given: Any) -> None:
    """Do nothing: it is declared, never called."""


def http(name: str, route: str, *methods: str) -> Declare:
    def declare(one: func.FunctionApp) -> None:
        one.function_name(name)(one.route(route, trigger_arg_name="given", methods=methods)(serve))

    return declare


def timer(schedule: str) -> Declare:
    return lambda one: one.timer_trigger(arg_name="given", schedule=schedule)(serve)


def queue(**but: Any) -> Declare:
    binding = {"arg_name": "given", "queue_name": "work", "connection": "COSMOS"} | but
    return lambda one: one.service_bus_queue_trigger(**binding)(serve)


def feed(times: int | None = -1, **but: Any) -> Declare:
    binding = {
        "arg_name": "given", "connection": "COSMOS", "database_name": "%COSMOS_DATABASE%",
        "container_name": "customers",
    } | but  # fmt: skip

    def declare(one: func.FunctionApp) -> None:
        builder = one.cosmos_db_trigger(**binding)(serve)
        if times is not None:
            one.retry(strategy="fixed_delay", max_retry_count=str(times),
                      delay_interval="00:00:05")(builder)  # fmt: skip

    return declare


def declared(*declarations: Declare) -> Sequence[Function]:
    one = func.FunctionApp()
    for declare in declarations:
        declare(one)
    return read_functions(one, Unresolved())


def test_the_settings_are_those_that_the_app_reads() -> None:
    known = {field.validation_alias for field in Settings.model_fields.values()}

    assert set(SETTINGS) <= known


def test_the_app_keeps_every_rule() -> None:
    functions = read_functions(app, Unresolved())

    assert {one.kind for one in functions} >= {"httpTrigger", "cosmosDBTrigger"}
    assert breaches(functions, SETTINGS) == []


def test_the_app_needs_each_of_its_settings() -> None:
    functions = read_functions(app, Unresolved())

    for name in SETTINGS:
        assert breaches(functions, {key: SETTINGS[key] for key in SETTINGS if key != name}), name


@pytest.mark.parametrize(
    ("declarations", "said"),
    [
        ([http("list orders", "orders")], "list orders is no name for a function"),
        ([http("1st", "orders")], "1st is no name for a function"),
        ([http("Host", "orders")], "Host is no name for a function"),
        ([http("a" * 129, "orders")], f"{'a' * 129} is no name for a function"),
        ([http("a", "x"), http("A", "y")], "a and A are one name to the host"),
        ([http("a", "admin/orders")], "a: the route admin/orders is reserved"),
        ([http("a", "/Runtime")], "a: the route Runtime is reserved"),
        ([http("a", "administrators")], "a: the route administrators is reserved"),
        ([http("a", "orders/{id:uuid}")], "a: the route orders/{id:uuid} cannot be read"),
        ([http("a", "orders/{id")], "a: the route orders/{id cannot be read"),
        ([http("a", "/orders")], "a: the route /orders begins with a slash"),
        *(([http("a", route)], f"a: the route {route} cannot be read") for route in UNREADABLE),
        ([http("lista", "{x}", "GET"), http("list_a", "y", "GET")],
         "lista hides list_a: {x} comes before y"),
        ([http("a", "x", "GET"), http("b", "X/", "POST", "GET")],
         "a and b have the same route and method"),
        ([http("a", "x"), http("b", "x", "GET")], "a and b have the same route and method"),
        ([http("a", "x/{id}", "GET"), http("b", "x/find", "GET")],
         "a hides b: x/{id} comes before x/find"),
        ([http("B", "x/find", "GET"), http("a", "x/{id}", "GET")],
         "a hides B: x/{id} comes before x/find"),
        ([http("a", "x/{id}", "GET"), http("b", "x/{key}", "GET")],
         "a hides b: x/{id} comes before x/{key}"),
        ([http("a", "{x}/find", "GET"), http("b", "x/{id}", "GET")],
         "a hides b: {x}/find comes before x/{id}"),
        ([http("a", "x/{id?}", "GET"), http("b", "x", "GET")],
         "a hides b: x/{id?} comes before x"),
        ([http("a", "{*rest}", "GET"), http("b", "x/{id}/y", "GET")],
         "a hides b: {*rest} comes before x/{id}/y"),
        ([timer("0 0 0 * * 7")], "serve: '7' is no day of the week."),
        ([timer("@daily")],
         "serve: '@daily' does not have six fields, the seconds first, or five."),
        ([timer("%EVERY_NIGHT%")], "serve: %EVERY_NIGHT% is not an app setting"),
        ([timer("%COSMOS_DATABASE%")],
         "serve: 'libro' does not have six fields, the seconds first, or five."),
        ([queue(queue_name="%WORK%")], "serve: %WORK% is not an app setting"),
        ([queue(connection="BUS")], "serve: there is no app setting for the connection BUS"),
        ([queue(cardinality="MANY")], "serve: messages come in batches"),
        ([feed(None)], "serve: a batch that fails is given up"),
        ([feed(5)], "serve: a batch that fails is given up"),
        ([feed(database_name="%DATABASE%")], "serve: %DATABASE% is not an app setting"),
    ],
)  # fmt: skip
def test_a_breach_is_seen(declarations: list[Declare], said: str) -> None:
    assert said in breaches(declared(*declarations), SETTINGS)


@pytest.mark.parametrize(
    "declarations",
    [
        [http("a", "x/find", "GET"), http("b", "x/{id}", "GET"), http("z", "{*rest}", "GET")],
        [http("a", "x/{id}", "GET"), http("b", "x/{*rest}", "GET")],
        [http("a", "x/{id:guid}", "GET"), http("b", "x/{key}", "GET")],
        [http("a", "x/{id:guid}", "GET"), http("b", "x/find", "GET")],
        [http("a", "x/{id}", "GET"), http("b", "x/{id}", "POST"), http("c", "x/{id}/y", "GET")],
        [timer("0 */5 * * * *")],
        [queue()],
        [feed()],
    ],
)
def test_what_keeps_the_rules_is_left_in_peace(declarations: list[Declare]) -> None:
    assert breaches(declared(*declarations), SETTINGS) == []


def test_the_host_file_decides_what_the_host_would_decide_otherwise() -> None:
    told = json.loads(HOST_FILE.read_text())
    extensions = told["extensions"]
    http = extensions["http"]

    assert extensions["cosmosDB"] == {"connectionMode": "Gateway"}, "Direct was never tried"
    assert http["maxOutstandingRequests"] == http["maxConcurrentRequests"] == -1
    assert extensions["serviceBus"]["maxConcurrentSessions"] >= SESSIONS
    assert extensions["serviceBus"]["sessionIdleTimeout"] == "00:00:01"
    sampling = told["logging"]["applicationInsights"]["samplingSettings"]
    assert sampling["excludedTypes"] == "Request", "failures are counted"


def test_no_app_setting_is_resolved_in_a_route() -> None:
    with pytest.raises(CannotStart, match="resolves no app setting in a route"):
        declared(http("a", "%PREFIX%/orders"))


def test_a_connection_may_be_named_in_each_way_of_the_host() -> None:
    functions = declared(queue(connection="BUS"))

    for name in ("BUS", "AzureWebJobsBUS", "BUS__fullyQualifiedNamespace"):
        assert breaches(functions, {name: "there"}) == []
    assert breaches(functions, {"BUSES": "there"})
