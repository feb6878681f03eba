"""What the infrastructure promises. Each says what is wrong, or nothing.

`test_bicep.py` holds what is deployed to all of them, and `test_broken_copies.py` sees each fail.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from function_app import app as app_of_functions
from functions._http.operation import OPERATIONS
from local.host.functions import read_functions
from local.host.routing.table import Template
from shared.adapters.blobs.packages import CONTAINER as PACKAGES
from shared.platform.settings import Settings
from shared.platform.topology import Container, containers
from tests.doubles.bicep import Resource
from tests.infra.settings import FORBIDDEN, FROM_BICEP, FROM_ELSEWHERE, HOST
from tests.infra.stands import Stand
from tests.infra.words import unknown_words

Promise = Callable[[Stand], Iterator[str]]

CONTAINER = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers"
ACCOUNT = "Microsoft.Storage/storageAccounts"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
BLOB_CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers"
LIFECYCLE = "Microsoft.Storage/storageAccounts/managementPolicies"
QUEUE = "Microsoft.ServiceBus/namespaces/queues"
TOPIC = "Microsoft.ServiceBus/namespaces/topics"
SUBSCRIPTION = "Microsoft.ServiceBus/namespaces/topics/subscriptions"
RULE = "Microsoft.ServiceBus/namespaces/topics/subscriptions/rules"
ROLE = "Microsoft.Authorization/roleAssignments"
COSMOS_ROLE = "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"
DIAGNOSTICS = "Microsoft.Insights/diagnosticSettings"
METRIC_ALERT = "Microsoft.Insights/metricAlerts"
QUERY_ALERT = "Microsoft.Insights/scheduledQueryRules"
PASSWORDS = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"
CONFIG = "Microsoft.Web/sites/config"
LOCK = "Microsoft.Authorization/locks"
APP_PACKAGE = "app-package"
HTTP_CONCURRENCY = 16
LISTS = ("ENTRA__issuers", "ENTRA__allowedClientApplications")

HARDENED: dict[str, dict[str, Any]] = {
    "Microsoft.DocumentDB/databaseAccounts": {
        "disableLocalAuth": True,
        "disableKeyBasedMetadataWriteAccess": True,
        "consistencyPolicy": {"defaultConsistencyLevel": "Strong"},
        "minimalTlsVersion": "Tls12",
    },
    "Microsoft.ServiceBus/namespaces": {"disableLocalAuth": True, "minimumTlsVersion": "1.2"},
    "Microsoft.Storage/storageAccounts": {
        "allowSharedKeyAccess": False,
        "allowBlobPublicAccess": False,
        "supportsHttpsTrafficOnly": True,
        "minimumTlsVersion": "TLS1_2",
    },
    "Microsoft.Storage/storageAccounts/blobServices/containers": {"publicAccess": "None"},
    "Microsoft.KeyVault/vaults": {"enableRbacAuthorization": True, "enablePurgeProtection": True},
    "Microsoft.OperationalInsights/workspaces": {"features": {"disableLocalAuth": True}},
    "Microsoft.Insights/components": {"DisableLocalAuth": True},
    "Microsoft.Web/sites": {"httpsOnly": True},
}
REACHABLE = (
    "Microsoft.DocumentDB/databaseAccounts",
    "Microsoft.ServiceBus/namespaces",
    "Microsoft.Storage/storageAccounts",
    "Microsoft.KeyVault/vaults",
)
BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
TABLE_CONTRIBUTOR = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
BUS_OWNER = "090c5cfd-751d-490a-894a-3ce6f1109419"
SENDER = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"
RECEIVER = "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
METRICS_PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"
DOCUMENTS_CONTRIBUTOR = "00000000-0000-0000-0000-000000000002"
VAULT = "Microsoft.KeyVault/vaults"
NAMED_SECRETS = ("insightsSubscriptionKeyName", "secondCursorKeyName")  # put there by people
ROLES = {
    "Microsoft.KeyVault/vaults/secrets": {SECRETS_USER},
    "Microsoft.Insights/components": {METRICS_PUBLISHER},
    QUEUE: {BUS_OWNER},
    TOPIC: {SENDER},
    SUBSCRIPTION: {RECEIVER},
}
# Who has something to tell, and why the others have not.
WATCHED = (*REACHABLE, "Microsoft.OperationalInsights/workspaces")
LOGGED = (*WATCHED, "Microsoft.Storage/storageAccounts/blobServices")
UNWATCHED = {
    "Microsoft.Web/sites": "diagnostic settings are not supported on Flex Consumption",
    "Microsoft.Insights/components": "its telemetry is in the workspace already",
    "Microsoft.Network/virtualNetworks": "its one log says only whether Azure protects it",
    "Microsoft.Network/privateEndpoints": "has no logs",
    "Microsoft.Network/privateDnsZones": "has no logs",
    "Microsoft.Web/serverfarms": "metrics of a Flex plan are those of its app",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "its sign-ins are in Entra ID",
    "Microsoft.Insights/actionGroups": "has no logs",
    "Microsoft.Insights/workbooks": "has no logs",
    METRIC_ALERT: "is a watcher itself",
    QUERY_ALERT: "is a watcher itself",
    "Microsoft.Resources/resourceGroups": "is a folder",
}
SECRET = re.compile(
    r"AccountKey|SharedAccessKey|SharedAccessSignature|[?&]sig=|password", re.IGNORECASE
)


def containers_are_those_of_the_topology(stand: Stand) -> Iterator[str]:
    shapes = {one.name: one.properties["resource"] for one in stand.deployed.of(CONTAINER)
              if "resource" in one.properties}  # fmt: skip
    if shapes.keys() != containers().keys():
        yield f"{set(shapes) ^ set(containers())} are not on both sides"
    for name in shapes.keys() & containers().keys():
        if shapes[name] != _shape(containers()[name]):
            yield f"{name} is {shapes[name]}"


def queues_are_those_of_the_topology(stand: Stand) -> Iterator[str]:
    made = {one.name: one.properties for one in stand.deployed.of(QUEUE)}
    if made.keys() != stand.layout["queues"].keys():
        yield f"queues are {list(made)}"
    for name, spec in stand.layout["queues"].items():
        yield from _differences(name, made.get(name, {}), _received(spec) | _once(spec))


def topics_are_those_of_the_topology(stand: Stand) -> Iterator[str]:
    made = {one.name: one.properties for one in stand.deployed.of(TOPIC)}
    if made.keys() != stand.layout["topics"].keys():
        yield f"topics are {list(made)}"
    for name, spec in stand.layout["topics"].items():
        yield from _differences(name, made.get(name, {}), _once(spec))


def subscriptions_are_those_of_the_topology(stand: Stand) -> Iterator[str]:
    made = {_path(one): one for one in stand.deployed.of(SUBSCRIPTION)}
    said = {f"{topic}/{name}": spec for topic, its in stand.layout["topics"].items()
            for name, spec in its["subscriptions"].items()}  # fmt: skip
    if made.keys() != said.keys():
        yield f"subscriptions are {list(made)}"
    for path, spec in said.items():
        yield from _differences(path, made[path].properties, _received(spec))
        rules = [one for one in stand.deployed.of(RULE) if one.id.startswith(made[path].id + "/")]
        wanted = [one.properties["correlationFilter"]["properties"] for one in rules]
        if wanted != spec.get("filters", []):
            yield f"{path} filters {wanted}"
        if rules and rules[0].name != "$Default":
            yield f"{path} keeps the rule that lets all messages in"


def keys_are_of_no_use(stand: Stand) -> Iterator[str]:
    for type_, wanted in HARDENED.items():
        if not stand.deployed.of(type_):
            yield f"there is no {type_}"
        for one in stand.deployed.of(type_):
            yield from _differences(one.id, one.properties, wanted)


def only_the_app_reaches_private_data(stand: Stand) -> Iterator[str]:
    wanted = "Disabled" if stand.is_private else "Enabled"
    reached = {connection["properties"]["privateLinkServiceId"]
               for one in stand.deployed.of("Microsoft.Network/privateEndpoints")
               for connection in one.properties["privateLinkServiceConnections"]}  # fmt: skip
    for one in (one for type_ in REACHABLE for one in stand.deployed.of(type_)):
        if one.properties.get("publicNetworkAccess") != wanted:
            yield f"{one.name}: the public has {one.properties.get('publicNetworkAccess')}"
        if (
            one.properties.get("networkAcls", {}).get("defaultAction") == "Allow"
            and stand.is_private
        ):
            yield f"{one.name} lets everybody in"
        if (one.id in reached) != stand.is_private:
            yield f"{one.name} has a private endpoint where it should not, or none where it should"
        if one.type == REACHABLE[1] and stand.is_private and one.body["sku"]["name"] != "Premium":
            yield "a Standard namespace has no private endpoints"


def the_app_is_told_what_it_reads(stand: Stand) -> Iterator[str]:
    told = _config(stand, "appsettings")
    optional = {name for name in FROM_BICEP if name.startswith(("INSIGHTS__", "SECOND_"))}
    wanted = (FROM_BICEP | set(HOST)) - (set() if stand.is_private else optional)
    if told.keys() != wanted:
        yield f"settings differ: {sorted(told.keys() ^ wanted)}"
    if FROM_ELSEWHERE & told.keys() or FORBIDDEN & told.keys():
        yield "settings that must not be here"


def own_keys_are_references(stand: Stand) -> Iterator[str]:
    told = _config(stand, "appsettings")
    second = {"SECOND_CURSOR_KEY"} & told.keys()
    for name in ("CURSOR_KEY", "SUPPRESSION_KEY", "LINK_KEY", *second):
        if not told.get(name, "").startswith("@Microsoft.KeyVault("):
            yield f"{name} is no reference"


def no_setting_and_no_output_is_a_secret(stand: Stand) -> Iterator[str]:
    for name, value in (*_config(stand, "appsettings").items(), *stand.deployed.outputs.items()):
        if SECRET.search(f"{name}={value}"):
            yield f"{name} is a secret"
        if "connection" in str(value).lower() and name != "APPLICATIONINSIGHTS_CONNECTION_STRING":
            yield f"{name} is a connection string"
        if name in stand.deployed.outputs and re.search(
            "key$|secret|connection", name, re.IGNORECASE
        ):
            yield f"{name} sounds like a secret"


def the_app_may_do_what_it_must(stand: Stand) -> Iterator[str]:
    """Exactly: a role less is a failure at work, a role more is one for whoever breaks in."""
    others = _account_of_code(stand)
    granted = {(one.scope.id, _last(one.properties["roleDefinitionId"]))
               for one in stand.deployed.of(ROLE)
               if one.scope and not one.scope.id.startswith(others)}  # fmt: skip
    needed = {(one.id, role) for type_, roles in ROLES.items()
              for one in stand.deployed.of(type_) for role in roles}  # fmt: skip
    account, container = _packages(stand)
    needed |= {(one.id, role) for one in stand.deployed.of(ACCOUNT)
               if one.id not in {account, others}
               for role in (BLOB_OWNER, TABLE_CONTRIBUTOR)}  # fmt: skip
    needed.add((container, BLOB_CONTRIBUTOR))
    [vault] = stand.deployed.of(VAULT)
    needed |= {(f"{vault.id}/secrets/{stand.parameters[parameter]}", SECRETS_USER)
               for parameter in NAMED_SECRETS if stand.parameters.get(parameter)}  # fmt: skip
    for scope, role in granted ^ needed:
        yield f"{'not granted' if (scope, role) in needed else 'not needed'}: {role} on {scope}"
    for one in stand.deployed.of(COSMOS_ROLE):
        if _last(one.properties["roleDefinitionId"]) != DOCUMENTS_CONTRIBUTOR:
            yield f"{one.properties['roleDefinitionId']} on documents"
        if not str(one.properties["scope"]).endswith(f"/dbs/{stand.layout['database']}"):
            yield f"documents of {one.properties['scope']}"


def the_app_cannot_replace_its_code(stand: Stand) -> Iterator[str]:
    """Another identity reads the package, and has a role there and nowhere else."""
    account = _account_of_code(stand)
    [grant] = [one for one in stand.deployed.of(ROLE)
               if one.scope and one.scope.id.startswith(account)]  # fmt: skip
    reader = str(grant.properties["principalId"])
    others = [one for one in stand.deployed.of(ROLE) if one is not grant]
    if any(one.properties["principalId"] == reader for one in others):
        yield "who reads the package may do more than that"
    app = stand.deployed.of("Microsoft.Web/sites")[0].properties["functionAppConfig"]
    storage = app["deployment"]["storage"]
    if account not in str(storage["value"]):
        yield f"the package is at {storage['value']}"
    named = str(storage["authentication"]["userAssignedIdentityResourceId"])
    if named not in reader:
        yield f"{named} reads the package, and {reader} may"


def customers_are_not_deleted_by_the_way(stand: Stand) -> Iterator[str]:
    held = {one.scope.type for one in stand.deployed.of(LOCK)
            if one.scope and one.properties["level"] == "CanNotDelete"}  # fmt: skip
    wanted = {"Microsoft.DocumentDB/databaseAccounts", VAULT} if stand.is_production else set()
    if held != wanted:
        yield f"locks: {held}"


def nothing_is_dearer_than_it_must_be(stand: Stand) -> Iterator[str]:
    app = stand.deployed.of("Microsoft.Web/sites")[0].properties["functionAppConfig"]
    scale = app["scaleAndConcurrency"]
    if scale["triggers"]["http"]["perInstanceConcurrency"] < HTTP_CONCURRENCY:
        yield "an instance waits for the store with its hands in its lap"
    if stand.is_production and _config(stand, "appsettings")["TELEMETRY_SHARE"] != "0.05":
        yield "each request is traced"
    dear = {"PartitionKeyRUConsumption", "QueryRuntimeStatistics"}
    told = [log for one in stand.deployed.of(DIAGNOSTICS) for log in one.properties.get("logs", [])]
    if any(log.get("category") in dear and log["enabled"] for log in told):
        yield "each request to the store is logged"
    functions = {one.name for one in read_functions(app_of_functions)}
    for one in scale["alwaysReady"]:
        if one["name"] != "http" and one["name"].removeprefix("function:") not in functions:
            yield f"{one['name']} is always ready, and no function"


def packages_lie_apart_and_not_for_long(stand: Stand) -> Iterator[str]:
    account, container = _packages(stand)
    made = [one for one in stand.deployed.resources if one.id.startswith(f"{account}/")]
    if [one.id for one in made if one.type == BLOB_CONTAINER] != [container]:
        yield "something else lies where packages are"
    bins = [one.properties["deleteRetentionPolicy"] for one in made if one.type == BLOBS]
    if bins != [{"enabled": False}]:
        yield f"what is removed is kept: {bins}"
    rules = [rule for one in made if one.type == LIFECYCLE
             for rule in one.properties["policy"]["rules"] if rule["enabled"]]  # fmt: skip
    ends = [(rule["definition"]["actions"], rule["definition"]["filters"]) for rule in rules]
    after = {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 30}}}
    if ends != [(after, {"blobTypes": ["blockBlob"], "prefixMatch": [f"{PACKAGES}/"]})]:
        yield f"packages end by {ends}"
    uri = str(_config(stand, "appsettings").get("PACKAGES__blobServiceUri"))
    if account not in uri:
        yield f"the app looks for packages at {uri}"


def everybody_tells_what_happens(stand: Stand) -> Iterator[str]:
    told = {one.scope.id: one for one in stand.deployed.of(DIAGNOSTICS) if one.scope}
    for one in stand.deployed.resources:
        if one.type.count("/") == 1 and not one.scope and one.type not in (*WATCHED, *UNWATCHED):
            yield f"should {one.type} have diagnostic settings?"
        if one.type in LOGGED and one.id not in told:
            yield f"{one.name} tells nobody"
    for one in told.values():
        if not one.properties.get("workspaceId"):
            yield f"{one.id} goes nowhere"


def dead_letters_raise_an_alarm(stand: Stand) -> Iterator[str]:
    heard = {
        entity
        for alarm in stand.deployed.of(METRIC_ALERT)
        for criterion in alarm.properties["criteria"]["allOf"]
        if criterion["metricName"] == "DeadletteredMessages" and criterion["threshold"] == 0
        for dimension in criterion["dimensions"]
        for entity in dimension["values"]
    }
    for one in (*stand.deployed.of(QUEUE), *stand.deployed.of(TOPIC)):
        if one.name not in heard:
            yield f"dead letters of {one.name} are silent"
    split = [
        criterion["dimensions"]
        for alarm in stand.deployed.of(QUERY_ALERT)
        for criterion in alarm.properties["criteria"]["allOf"]
        if '"libro.dead_letters"' in criterion["query"] and criterion["threshold"] == 0
    ]
    if split != [[{"name": "Entity", "operator": "Include", "values": ["*"]}]]:
        yield "dead letters of subscriptions are not told apart"


def alarms_reach_somebody(stand: Stand) -> Iterator[str]:
    groups = stand.deployed.of("Microsoft.Insights/actionGroups")
    for one in (*stand.deployed.of(METRIC_ALERT), *stand.deployed.of(QUERY_ALERT)):
        if groups[0].id not in str(one.properties["actions"]) or not one.properties["enabled"]:
            yield f"{one.name} tells nobody"
    receivers = groups[0].properties["emailReceivers"]
    if [one["emailAddress"] for one in receivers] != [
        one for one in [stand.parameters.get("alertEmail")] if one
    ]:
        yield f"alarms go to {receivers}"


def nobody_gets_in_without_a_token(stand: Stand) -> Iterator[str]:
    auth = _config(stand, "authsettingsV2")
    wanted = {
        "requireAuthentication": True,
        "unauthenticatedClientAction": "Return401",
        "excludedPaths": ["/api/health/live", "/api/health/ready", *_open_on_request(stand)],
    }
    yield from _differences("authsettingsV2", auth.get("globalValidation", {}), wanted)
    templates = [Template(f"api/{one.route}") for one in OPERATIONS.values() if not one.who]
    paths: Any = wanted["excludedPaths"]
    if not all(any(one.match(path) is not None for one in templates) for path in paths):
        yield "a path without a token is not one of those that ask for none"
    yield from _ways_in(auth["identityProviders"], _config(stand, "appsettings"))
    if not all(auth[part].get("enabled") for part in ("platform",)):
        yield "it is switched off"
    if auth["login"]["tokenStore"]["enabled"] or "Secret" in str(auth):
        yield "a bearer token needs no store and no secret"


def _open_on_request(stand: Stand) -> list[str]:
    """Return the paths that a parameter opens: the API browser, and what links of e-mails open."""
    docs = ["openapi.json", "docs", "docs/swagger-ui.css", "docs/swagger-ui-bundle.js"]
    links = ["consent-confirmations", "preferences", "preferences/unsubscribe"]
    return [f"/api/{path}" for path in docs if stand.parameters.get("openApiBrowser")] + [
        f"/api/v1/{company}/{path}"
        for company in stand.parameters.get("linkCompanies", [])
        for path in links
    ]


def _ways_in(providers: dict[str, Any], given: dict[str, Any]) -> Iterator[str]:
    """The platform and the app let the same issuers in, and the platform no others."""
    own = {"CURSOR_KEY", "SECOND_CURSOR_KEY", "SUPPRESSION_KEY", "LINK_KEY", "WEBSITE_SITE_NAME"}
    texts = {name: str(one) for name, one in given.items() if name not in own}
    lists = {name: json.loads(texts[name]) for name in LISTS}
    tenants = Settings.model_validate(texts | lists).tenants
    others = providers.get("customOpenIdConnectProviders", {})
    registered = [others[name]["registration"] for name in sorted(others)]
    doors = [(providers["azureActiveDirectory"]["registration"]["clientId"], None)] + [
        (one["clientId"], one["openIdConnectConfiguration"]["wellKnownOpenIdConfiguration"])
        for one in registered
    ]
    known = "/v2.0/.well-known/openid-configuration"
    wanted = [(tenants[0].audience, None)] + [
        (one.audience, one.issuer.removesuffix("/v2.0") + known) for one in tenants[1:]
    ]
    if doors != wanted or set(providers) - {"azureActiveDirectory", "customOpenIdConnectProviders"}:
        yield "there is another way in"
    policy = providers["azureActiveDirectory"]["validation"].get("defaultAuthorizationPolicy", {})
    if policy.get("allowedApplications", []) != list(tenants[0].clients):
        yield "platform and app let other applications in"


def production_survives_a_zone(stand: Stand) -> Iterator[str]:
    account = stand.deployed.of("Microsoft.DocumentDB/databaseAccounts")[0]
    app = stand.deployed.of("Microsoft.Web/sites")[0].properties["functionAppConfig"]
    ready = sum(one["instanceCount"] for one in app["scaleAndConcurrency"]["alwaysReady"]
                if one["name"] == "http")  # fmt: skip
    storage = {one.body["sku"]["name"].endswith("ZRS") for one in stand.deployed.of(ACCOUNT)}
    plan = stand.deployed.of("Microsoft.Web/serverfarms")[0].properties["zoneRedundant"]
    zones = {account.properties["locations"][0]["isZoneRedundant"], plan, ready > 1, *storage}
    if zones != {stand.is_production}:
        yield f"zones: {zones}"
    if account.properties["backupPolicy"]["type"] != "Continuous":
        yield "there is no way back"


def words_are_azures(stand: Stand) -> Iterator[str]:
    """No text stands where Azure knows other words, though its types take any."""
    for one in stand.deployed.resources:
        yield from (f"{one.type} {one.name}: {what}" for what in unknown_words(one.type, one.body))


def nobody_deploys_with_a_password(stand: Stand) -> Iterator[str]:
    """Publishing by user name and password is off, for files and for the site of deployment."""
    allowed = {one.name: one.properties["allow"] for one in stand.deployed.of(PASSWORDS)}
    if allowed != {"ftp": False, "scm": False}:
        yield f"passwords: {allowed}"


def everything_has_its_tag(stand: Stand) -> Iterator[str]:
    environment = {"azd-env-name": "demo"}
    for one in stand.deployed.resources:
        if "tags" in one.body and not environment.items() <= one.body["tags"].items():
            yield f"{one.name} has no tag"
        if one.type in (*WATCHED, *UNWATCHED) and "tags" not in one.body:
            yield f"{one.name} has no tags"
    app = stand.deployed.of("Microsoft.Web/sites")[0]
    if app.body["tags"].get("azd-service-name") != "api":
        yield "azd cannot find the app"


PROMISES: dict[str, Promise] = {
    one.__name__: one
    for one in (
        containers_are_those_of_the_topology,
        queues_are_those_of_the_topology,
        topics_are_those_of_the_topology,
        subscriptions_are_those_of_the_topology,
        keys_are_of_no_use,
        only_the_app_reaches_private_data,
        the_app_is_told_what_it_reads,
        own_keys_are_references,
        no_setting_and_no_output_is_a_secret,
        the_app_may_do_what_it_must,
        the_app_cannot_replace_its_code,
        customers_are_not_deleted_by_the_way,
        nothing_is_dearer_than_it_must_be,
        packages_lie_apart_and_not_for_long,
        everybody_tells_what_happens,
        dead_letters_raise_an_alarm,
        alarms_reach_somebody,
        nobody_gets_in_without_a_token,
        production_survives_a_zone,
        everything_has_its_tag,
        words_are_azures,
        nobody_deploys_with_a_password,
    )
}


def _packages(stand: Stand) -> tuple[str, str]:
    """Return the ids of the account and the container that packages lie in."""
    [container] = [one.id for one in stand.deployed.of(BLOB_CONTAINER) if one.name == PACKAGES]
    return container.partition("/blobServices/")[0], container


def _account_of_code(stand: Stand) -> str:
    """Return the id of the account that the package of the app lies in."""
    [container] = [one.id for one in stand.deployed.of(BLOB_CONTAINER) if one.name == APP_PACKAGE]
    return container.partition("/blobServices/")[0]


def _shape(container: Container) -> dict[str, Any]:
    """Return what Cosmos DB is to make of it, the policy as the app itself says it."""
    kind = "MultiHash" if len(container.partition_key) > 1 else "Hash"
    key = {"paths": list(container.partition_key), "kind": kind, "version": 2}
    ttl = {} if container.ttl is None else {"defaultTtl": container.ttl}
    policy = {"indexingPolicy": container.indexing_policy}
    return {"id": container.name, "partitionKey": key, **policy, **ttl}


def _received(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "lockDuration": f"PT{spec['lock']}S",
        "maxDeliveryCount": spec["mostDeliveries"],
        "requiresSession": spec["sessions"],
        "deadLetteringOnMessageExpiration": True,
    }


def _once(spec: dict[str, Any]) -> dict[str, Any]:
    window = spec["duplicateWindow"]
    return {
        "requiresDuplicateDetection": window > 0,
        "duplicateDetectionHistoryTimeWindow": f"PT{window}S" if window else None,
    }


def _differences(what: str, found: Any, wanted: dict[str, Any]) -> Iterator[str]:
    for key, value in wanted.items():
        if found.get(key) != value:
            yield f"{what}: {key} is {found.get(key)}, not {value}"


def _config(stand: Stand, name: str) -> dict[str, Any]:
    found = [one for one in stand.deployed.of(CONFIG) if one.name == name]
    return dict(found[0].properties) if found else {}


def _path(subscription: Resource) -> str:
    return "/".join(subscription.id.split("/")[-3::2])


def _last(text: str) -> str:
    return text.rpartition("/")[2]
