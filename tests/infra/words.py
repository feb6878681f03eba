"""The words of Azure that its types leave open: the compiler takes any text for most of them."""

from collections.abc import Iterator, Mapping
from typing import Any

# By the name of the property. The services take letter case as it is here.
WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "Application_Type": "web",
        "AzureWebJobsStorage__credential": "managedidentity",
        "COSMOS__credential": "managedidentity",
        "SERVICEBUS__credential": "managedidentity",
        "IngestionMode": "LogAnalytics",
        "accessTier": "Hot",
        "blobTypes": "blockBlob",
        "bypass": "AzureServices None",
        "category": "AllMetrics Requests Transaction AuditEvent ControlPlaneRequests workbook "
        "OperationalLogs PartitionKeyRUConsumption QueryRuntimeStatistics StorageDelete "
        "StorageRead StorageWrite",
        "categoryGroup": "audit",
        "criterionType": "StaticThresholdCriterion",
        "databaseAccountOfferType": "Standard",
        "defaultAction": "Allow Deny",
        "defaultConsistencyLevel": "Strong",
        "defaultPriorityLevel": "High",
        "family": "A",
        "filterType": "CorrelationFilter",
        "groupIds": "Sql blob namespace table vault",
        "indexingMode": "consistent",
        "kind": "GlobalDocumentDB Hash LogAlert MultiHash StorageV2 functionapp functionapp,linux "
        "shared web",
        "level": "CanNotDelete",
        "logAnalyticsDestinationType": "Dedicated",
        "metricName": "ActiveMessages DeadletteredMessages NormalizedRUConsumption TotalRequests",
        "metricNamespace": "Microsoft.DocumentDB/databaseAccounts Microsoft.ServiceBus/namespaces",
        "minTlsVersion": "1.2",
        "minimalTlsVersion": "Tls12",
        "minimumTlsVersion": "1.2 TLS1_2",
        "networkAclBypass": "None",
        "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        "operator": "Equal GreaterThan Include",  # `Equals` of the types is refused by the service
        "order": "ascending",
        "principalType": "ServicePrincipal",
        "privateEndpointNetworkPolicies": "Enabled",
        "publicAccess": "None",
        "publicNetworkAccess": "Disabled Enabled",
        "scmMinTlsVersion": "1.2",
        "serviceName": "Microsoft.App/environments",
        "tier": "Continuous30Days Continuous7Days FlexConsumption Premium Standard",
        "timeAggregation": "Average Count Maximum Minimum",
        "type": "Continuous Lifecycle UserAssigned UserAssignedIdentity blobContainer",
        "unauthenticatedClientAction": "Return401",
    }.items()
}
# Of what is called `name` everywhere, where it is a word.
NAMES: Mapping[str, frozenset[str]] = {
    "runtime": frozenset({"python"}),
    "capabilities": frozenset({"EnableServerless"}),
    "sku": frozenset({"standard", "Standard", "Standard_LRS", "Standard_ZRS", "Premium", "FC1",
                      "PerGB2018"}),
}  # fmt: skip


def unknown_words(body: Any) -> Iterator[str]:
    """Yield each text that Azure would not know where it stands."""
    for text, name, around in _texts(body):
        if (around, name) == ("properties", "type"):
            continue  # of messages, in a filter of ours
        known = NAMES.get(around) if name == "name" else WORDS.get(name)
        if known is not None and text not in known:
            yield f"{around or 'it'} has {name} {text!r}"


def _texts(body: Any, name: str = "", around: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield each text with the name of its property, and of the one around that."""
    if isinstance(body, Mapping):
        for key, value in body.items():
            yield from _texts(value, str(key), name)
    elif isinstance(body, list):
        for value in body:
            yield from _texts(value, name, around)
    elif isinstance(body, str):
        yield body, name, around
