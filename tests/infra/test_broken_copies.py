"""Each promise fails when it is broken, so that it says something when it does not."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.bicep import NotSupported
from tests.infra.promises import PROMISES
from tests.infra.stands import ROOT, Stand, stand

BREAKS = [
    # what is changed, in which file, what it is changed to, the environment, and who notices
    ("'/*'", "container", "'/'", "development", "containers_are_those_of_the_topology"),
    ("'${path}/?'", "container", "path", "development", "containers_are_those_of_the_topology"),
    ("'MultiHash'", "container", "'Hash'", "development", "containers_are_those_of_the_topology"),
    ("defaultTtl: shape.ttl", "container", "defaultTtl: -1", "development",
     "containers_are_those_of_the_topology"),
    ("requiresSession: one.value.sessions", "servicebus", "requiresSession: false", "development",
     "queues_are_those_of_the_topology"),
    ("shape.duplicateWindow > 0\n", "topic", "false\n", "development",
     "topics_are_those_of_the_topology"),
    ("disableLocalAuth: true", "cosmos", "disableLocalAuth: false", "production",
     "keys_are_of_no_use"),
    ("    disableLocalAuth: true\n", "servicebus", "", "production", "keys_are_of_no_use"),
    ("allowSharedKeyAccess: false", "storage", "allowSharedKeyAccess: true", "production",
     "keys_are_of_no_use"),
    ("publicNetworkAccess: publicNetworkAccess", "cosmos", "publicNetworkAccess: 'Enabled'",
     "private", "only_the_app_reaches_private_data"),
    ("  { name: 'vault', target: vaultId", "endpoints", "  { name: 'vault', target: cosmosId",
     "private", "only_the_app_reaches_private_data"),
    ("COSMOS__clientId:", "app", "COSMOS__clientID:", "development",
     "the_app_is_told_what_it_reads"),
    ("    KEYVAULT__vaultUri: vaultUri\n", "app", "", "development",
     "the_app_is_told_what_it_reads"),
    ("INSIGHTS__tenantId:", "app", "INSIGHTS__tenant:", "private", "the_app_is_told_what_it_reads"),
    ("COSMOS_DATABASE: databaseName", "app", "COSMOS_DATABASE: 'AccountKey=abc'", "development",
     "no_setting_and_no_output_is_a_secret"),
    ("'@Microsoft.KeyVault(SecretUri=${suppressionKeyUri})'", "app", "suppressionKeyUri",
     "development", "own_keys_are_references"),
    ("'69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'", "servicebus",
     "'090c5cfd-751d-490a-894a-3ce6f1109419'", "development", "the_app_may_do_what_it_must"),
    ("scope: queue[i]", "servicebus", "scope: namespace", "development",
     "the_app_may_do_what_it_must"),
    ("scope: '${account.id}/dbs/${database.name}'", "cosmos", "scope: account.id", "development",
     "the_app_may_do_what_it_must"),
    ("scope: container", "packages", "scope: account", "development",
     "the_app_may_do_what_it_must"),
    ("daysAfterModificationGreaterThan: 30", "packages", "daysAfterModificationGreaterThan: 90",
     "development", "packages_lie_apart_and_not_for_long"),
    ("deleteRetentionPolicy: { enabled: false }", "packages",
     "deleteRetentionPolicy: { enabled: true, days: 7 }", "development",
     "packages_lie_apart_and_not_for_long"),
    ("userAssignedIdentityResourceId: packageReaderId", "app",
     "userAssignedIdentityResourceId: identity.id", "development",
     "the_app_cannot_replace_its_code"),
    ("principalId: identity.properties.principalId", "code", "principalId: workspaceId",
     "development", "the_app_cannot_replace_its_code"),
    ("level: 'CanNotDelete'", "cosmos", "level: 'ReadOnly'", "production",
     "customers_are_not_deleted_by_the_way"),
    ("if (locked)", "keyvault", "if (!locked)", "production",
     "customers_are_not_deleted_by_the_way"),
    ("perInstanceConcurrency: httpConcurrency", "app", "perInstanceConcurrency: 1", "development",
     "nothing_is_dearer_than_it_must_be"),
    ("enabled: logsRequests }\n    ]", "cosmos", "enabled: true }\n    ]", "production",
     "nothing_is_dearer_than_it_must_be"),
    ("'function:${one}'", "app", "'${one}s'", "production", "nothing_is_dearer_than_it_must_be"),
    ("PACKAGES__blobServiceUri: packagesUri", "app", "PACKAGES__blobServiceUri: cosmosEndpoint",
     "development", "packages_lie_apart_and_not_for_long"),
    ("{ name: 'packages', target: packagesId", "endpoints",
     "{ name: 'packages', target: storageId", "private", "only_the_app_reaches_private_data"),
    ("  scope: vault\n  name: 'to-logs'", "keyvault", "  scope: reader\n  name: 'to-logs'",
     "development", "everybody_tells_what_happens"),
    ("concat(queueNames, topicNames)", "alerts", "queueNames", "development",
     "dead_letters_raise_an_alarm"),
    ("    each: 'Entity'", "alerts", "    each: ''", "development", "dead_letters_raise_an_alarm"),
    ("threshold: 0\n          timeAggregation: 'Maximum'", "alerts",
     "threshold: 5\n          timeAggregation: 'Maximum'", "development",
     "dead_letters_raise_an_alarm"),
    ("actions: { actionGroups: [people.id] }", "alerts", "actions: {}", "development",
     "alarms_reach_somebody"),
    ("'Return401'", "app", "'AllowAnonymous'", "development", "nobody_gets_in_without_a_token"),
    ("clientId: issuer.audience", "app", "clientId: authClientId", "private",
     "nobody_gets_in_without_a_token"),
    ("string(tokenIssuers)", "app", "'[]'", "private", "nobody_gets_in_without_a_token"),
    ("allowedApplications: allowedClientApplications", "app", "allowedApplications: []", "private",
     "nobody_gets_in_without_a_token"),
    ("'/api/health/ready']", "app", "'/api/health/ready', '/api/v1/USRT/customers']",
     "development", "nobody_gets_in_without_a_token"),
    ("isZoneRedundant: zoneRedundant", "cosmos", "isZoneRedundant: false", "production",
     "production_survives_a_zone"),
    ("{ allow: false }", "app", "{ allow: true }", "development",
     "nobody_deploys_with_a_password"),
    ("name: 'python'", "app", "name: 'pyhton'", "development", "words_are_azures"),
    ("'ServicePrincipal'", "code", "'ServicePrinciple'", "development", "words_are_azures"),
    ("'Maximum'", "alerts", "'Max'", "development", "words_are_azures"),
    ("tier: 'FlexConsumption'", "app", "tier: 'Standard'", "development", "words_are_azures"),
    ("accessTier:", "storage", "accesTier:", "development", "words_are_azures"),
    ("'EnableServerless'", "cosmos", "'EnableServerles'", "development", "words_are_azures"),
    ("'azd-service-name': 'api'", "app", "'azd-service-name': 'web'", "development",
     "everything_has_its_tag"),
]  # fmt: skip


def copied(folder: Path) -> Path:
    shutil.copytree(ROOT / "infra", folder / "infra")
    shutil.copy(ROOT / "topology.json", folder)
    return folder


def broken(one: Stand) -> set[str]:
    return {name for name, promise in PROMISES.items() if list(promise(one))}


@pytest.mark.parametrize("one", BREAKS)
def test_what_is_broken_is_noticed(tmp_path: Path, one: tuple[str, str, str, str, str]) -> None:
    old, file, new, name, noticed_by = one
    path = copied(tmp_path) / "infra" / "modules" / f"{file}.bicep"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))

    assert noticed_by in broken(stand(name, tmp_path))


def test_every_promise_is_seen_to_fail() -> None:
    elsewhere = {"subscriptions_are_those_of_the_topology"}

    assert {one[-1] for one in BREAKS} | elsewhere == set(PROMISES)


def edit_topology(root: Path, edit: Any) -> None:
    path = root / "topology.json"
    layout = json.loads(path.read_text())
    edit(layout)
    path.write_text(json.dumps(layout))


def test_a_container_that_is_missing_is_noticed(tmp_path: Path) -> None:
    edit_topology(copied(tmp_path), lambda layout: layout["containers"].pop("directory"))

    assert "containers_are_those_of_the_topology" in broken(stand("development", tmp_path))


OWN = {"sessions": True, "lock": 60, "mostDeliveries": 5}
SUBSCRIPTIONS = {
    "consent": OWN | {"filters": [{"type": "consent.given"}, {"type": "consent.withdrawn"}]},
    "everything": OWN | {"sessions": False},
}


def with_subscriptions(layout: Any) -> None:
    layout["topics"]["events"]["subscriptions"] = SUBSCRIPTIONS
    layout["queues"]["more"] = OWN | {"duplicateWindow": 0}


def test_subscriptions_and_filters_reach_the_bus(tmp_path: Path) -> None:
    edit_topology(copied(tmp_path), with_subscriptions)

    assert broken(stand("production", tmp_path)) == set()


@pytest.mark.parametrize(
    ("old", "new", "noticed_by"),
    [
        ("i == 0 ? '$Default'", "i == 1 ? '$Default'", "subscriptions_are_those_of_the_topology"),
        ("shape.?filters ?? []", "[]", "subscriptions_are_those_of_the_topology"),
        ("shape.mostDeliveries", "10", "subscriptions_are_those_of_the_topology"),
        ("scope: subscription\n", "scope: topic\n", "the_app_may_do_what_it_must"),
    ],
)
def test_a_broken_subscription_is_noticed(
    tmp_path: Path, old: str, new: str, noticed_by: str
) -> None:
    edit_topology(copied(tmp_path), with_subscriptions)
    path = tmp_path / "infra" / "modules" / "subscription.bicep"
    path.write_text(path.read_text().replace(old, new))

    assert noticed_by in broken(stand("production", tmp_path))


@pytest.mark.parametrize(
    "source",
    [
        "var x = listKeys()\n",
        "var x = nobody\n",
        "var x = 'open\n}'''",
        "var x = {\n  a 1\n}\n",
        "thing x = 1\n",
        "param x string\n",
        "var x = { a: 1 }.b\n",
    ],
)
def test_what_the_reader_does_not_know_it_refuses(tmp_path: Path, source: str) -> None:
    path = copied(tmp_path) / "infra" / "main.bicep"
    path.write_text(path.read_text() + "\n" + source.replace("x", "extra", 1))

    with pytest.raises((NotSupported, IndexError)):
        stand("development", tmp_path)
