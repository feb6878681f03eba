"""The rules of the .NET host hold for the app, and each of them notices when it is broken."""

from typing import Any

import pytest

from function_app import app
from local.host.functions import read_functions
from shared.settings import Settings
from tests.conformance.hostrules import broken

SETTINGS = {field.validation_alias for field in Settings.model_fields.values()}


def http(route: str, *methods: str) -> dict[str, Any]:
    return {"type": "httpTrigger", "route": route, "methods": list(methods)}


def test_the_app_breaks_no_rule() -> None:
    known = {one.name: one.trigger for one in read_functions(app, {"COSMOS_DATABASE": "%X%"})}
    known = {
        name: {key: value if value != "%X%" else "%COSMOS_DATABASE%" for key, value in one.items()}
        for name, one in known.items()
    }

    assert len(known) > 30
    assert any("%COSMOS_DATABASE%" in one.values() for one in known.values())
    assert broken(known, map(str, SETTINGS)) == []


@pytest.mark.parametrize(
    ("functions", "said"),
    [
        ({"9lives": http("a", "GET")}, "legal name"),
        ({"host": http("a", "GET")}, "legal name"),
        ({"a": http("admin/x", "GET")}, "reserved"),
        ({"a": http("runtime", "GET")}, "reserved"),
        ({"a": http("/x", "GET")}, "empty segment"),
        ({"a": http("x", "GET"), "b": http("X", "GET", "POST")}, "same route"),
        ({"A_get": http("x/{id}", "GET"), "b_list": http("x/all", "GET")}, "hides"),
        ({"a": http("x/{id:uuid}", "GET")}, "a: "),
        ({"t": {"type": "timerTrigger", "schedule": "0 0 0 * * 7"}}, "NCRONTAB"),
        ({"t": {"type": "timerTrigger", "schedule": "%NOPE%"}}, "%NOPE% is no app setting"),
        ({"q": {"type": "serviceBusTrigger", "connection": "BUS"}}, "connection BUS"),
        ({"q": {"type": "serviceBusTrigger", "cardinality": "MANY"}}, "bundles"),
    ],
)
def test_a_broken_rule_is_noticed(functions: dict[str, Any], said: str) -> None:
    assert [line for line in broken(functions, ["COSMOS"]) if said in line]


def test_what_keeps_the_rules_is_left_alone() -> None:
    kept: dict[str, Any] = {
        "a": http("x/{id:int}", "GET"),
        "b": http("x/all", "GET"),
        "c": http("x/all", "POST"),
        "t": {"type": "timerTrigger", "schedule": "0 */5 * * * *"},
        "q": {"type": "serviceBusTrigger", "connection": "COSMOS", "cardinality": "ONE"},
    }

    assert broken(kept, ["COSMOS__accountEndpoint"]) == []
