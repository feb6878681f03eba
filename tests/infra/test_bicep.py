"""What the Bicep of this repository would make of Azure."""

import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from function_app import app
from local.host.functions import read_functions
from shared.distribution.domain.packages import FullReason
from shared.distribution.sessions.telling import Failure
from shared.platform.topology import containers, messaging, subscription
from shared.sync.outbox import CUSTOMER_SYNC, EVENTS
from tests.infra.promises import CONTAINER, METRIC_ALERT, PROMISES, QUERY_ALERT
from tests.infra.settings import FROM_BICEP, HOST
from tests.infra.stands import ENVIRONMENTS, ROOT, Stand, stand
from tests.tracked import tracked

BICEP = tracked("infra/*.bicep")
once = cache(stand)

each_environment = pytest.mark.parametrize("name", ENVIRONMENTS)


@each_environment
@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_is_kept(name: str, promise: str) -> None:
    assert list(PROMISES[promise](once(name))) == []


def test_a_failed_request_is_counted_once() -> None:
    """Host and app each write a line for it, of one operation."""
    [alarm] = [one for one in once("production").deployed.of(QUERY_ALERT)
               if one.name == "failed-requests"]  # fmt: skip
    [criterion] = alarm.properties["criteria"]["allOf"]

    assert criterion["query"].endswith("by OperationId")


def test_only_private_data_has_a_network() -> None:
    kinds = {name: {one.type.split("/")[0] for one in once(name).deployed.resources}
             for name in ENVIRONMENTS}  # fmt: skip

    assert "Microsoft.Network" not in kinds["development"] | kinds["production"]
    assert "Microsoft.Network" in kinds["private"]


def test_serverless_has_no_throughput_and_autoscale_has_one_for_each_container() -> None:
    def most(one: Stand) -> dict[str, int | None]:
        options = {made.name: made.properties["options"] for made in one.deployed.of(CONTAINER)}
        return {name: one.get("autoscaleSettings", {}).get("maxThroughput")
                for name, one in options.items()}  # fmt: skip

    assert set(most(once("development")).values()) == {None}
    assert most(once("production")).keys() == containers().keys()
    assert all(most(once("production")).values())


def test_nothing_in_the_source_asks_for_a_key() -> None:
    for path in BICEP:
        text = path.read_text()
        assert not re.search(r"\blist\w*\(|listKeys|AccountKey", text), path


def test_the_keys_are_made_once_and_by_azure() -> None:
    texts = {path.name: path.read_text() for path in BICEP}

    assert [
        name
        for name, text in texts.items()
        if re.search(r"vaults/secrets@\S+ = ", text) or "@secure" in text
    ] == ["own-key.bicep"]
    assert "@onlyIfNotExists()\nresource secret" in texts["own-key.bicep"]
    assert "@secure()\nparam key string = '${newGuid()}" in texts["own-key.bicep"]


def test_every_module_is_used() -> None:
    source = "".join(path.read_text() for path in BICEP)

    for path in tracked("infra/modules/*.bicep"):
        assert f"/{path.name}'" in source, path.name


def test_every_parameter_of_azd_is_one_of_the_template() -> None:
    given = re.findall(
        r'"(\w+)": \{ "value"', (ROOT / "infra" / "main.parameters.json").read_text()
    )
    template = (ROOT / "infra" / "main.bicep").read_text()
    needed = re.findall(r"^param (\w+) \w+$", template, re.MULTILINE)

    assert set(needed) <= set(given)
    assert set(given) <= set(re.findall(r"^param (\w+)", template, re.MULTILINE))


def test_what_the_triggers_name_is_there() -> None:
    triggers = [one.trigger for one in read_functions(app, {"COSMOS_DATABASE": "libro"})]
    named = {
        key: {one[key] for one in triggers if key in one}
        for key in ("connection", "queueName", "topicName", "containerName", "leaseContainerName")
    }

    assert named["connection"] == {"COSMOS", "SERVICEBUS"}
    assert {f"{one}__credential" for one in named["connection"]} <= set(HOST)
    assert named["queueName"] <= set(messaging().queues)
    assert named["topicName"] <= set(messaging().topics)
    assert named["containerName"] | named["leaseContainerName"] <= set(containers())


def test_what_the_relay_sends_to_is_there() -> None:
    assert EVENTS in messaging().topics
    assert CUSTOMER_SYNC in messaging().queues


def test_settings_that_triggers_name_are_settings() -> None:
    code = "".join(path.read_text() for path in tracked("functions/*.py"))
    named = set(re.findall(r'"%(\w+)%"', code))

    assert named
    assert named <= FROM_BICEP


def test_the_documentation_names_every_container() -> None:
    """So one that vanishes from topology.json is missed, though all the rest follows that file."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    key = r"(?:\w+(?: \w+)?, company|company|key|shard)"
    named = re.findall(rf"^\| `(\w+)` \| {key}", page, re.MULTILINE)

    assert {*named, "leases"} == set(containers())


def test_the_guide_explains_every_alarm() -> None:
    guide = (ROOT / "docs" / "operations-guide.md").read_text()
    for name in ENVIRONMENTS:
        for one in (*once(name).deployed.of(METRIC_ALERT), *once(name).deployed.of(QUERY_ALERT)):
            assert f"`{one.name}`" in guide, one.name


def test_the_names_in_queries_are_those_of_the_code() -> None:
    queries = {one.name: one.properties["criteria"]["allOf"][0]["query"]
               for one in once("production").deployed.of(QUERY_ALERT)}  # fmt: skip
    files = (
        "sync/timer_customer_sync.py",
        "consent/timer_consent.py",
        "consent/bus_consent.py",
        "_feed.py",
        "privacy/erasing.py",
        "../shared/privacy/accesses/log.py",
        "privacy/timer_privacy.py",
        "distribution/timer_distribution.py",
        "distribution/bus_packages.py",
        "distribution/http_sessions.py",
        "../shared/distribution/gauges.py",
    )
    code = "".join((ROOT / "functions" / file).read_text() for file in files)
    names = re.findall(r'"((?:libro|messaging)[\w.]+|synchronize\w+)"', "".join(queries.values()))

    assert len(names) == 39
    for name in names:
        assert f'"{name}"' in code or f"def {name}(" in code, name
    assert f'contains "{subscription("", "")}"' in queries["dead-letters-of-subscriptions"]


def test_the_reasons_in_queries_are_those_of_the_code() -> None:
    queries = {one.name: one.properties["criteria"]["allOf"][0]["query"]
               for one in once("production").deployed.of(QUERY_ALERT)}  # fmt: skip
    explained = re.findall(
        r'"(\w+)"', queries["unexpected-fulls"].partition("!in")[2].split(")")[0]
    )
    [harmless] = re.findall(r'!= "(\w+)"', queries["apply-failed"])

    assert set(get_args(FullReason)) - {"needed"} == set(explained)
    assert harmless in get_args(Failure)


def test_names_are_the_same_each_time_and_fit() -> None:
    first, second = stand("production"), stand("production")

    assert [one.id for one in first.deployed.resources] == [
        one.id for one in second.deployed.resources
    ]
    for type_, longest in {"Microsoft.KeyVault/vaults": 24, "Microsoft.Storage/storageAccounts": 24,
                           "Microsoft.DocumentDB/databaseAccounts": 44,
                           "Microsoft.Web/sites": 60}.items():  # fmt: skip
        found = first.deployed.of(type_)
        assert found
        for one in found:
            assert re.fullmatch(r"[a-z0-9-]+", one.name)
            assert len(one.name) <= longest


def test_two_resources_never_have_the_same_id() -> None:
    for name in ENVIRONMENTS:
        ids = [one.id for one in once(name).deployed.resources]
        assert len(ids) == len(set(ids))


def test_each_module_says_what_it_is_for() -> None:
    for path in BICEP:
        assert Path(path).read_text().startswith("// "), path


def test_the_workbook_asks_for_what_the_app_tells() -> None:
    asked = (ROOT / "infra" / "workbook.json").read_text()
    code = "".join(path.read_text() for path in tracked("functions/*.py"))
    names = set(re.findall(r"'((?:libro|http)\.[\w.]+)'", asked))

    assert len(names) > 5
    assert [name for name in names if f'"{name}"' not in code] == []
