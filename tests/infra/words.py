"""The words of Azure that its types leave open: the compiler takes any text for most of them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# By the name of the property; where that means several things, with the type of its resource or
# the property around it before it. The services take letter case as it is here.
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
        "category": "workbook",
        "categoryGroup": "audit",
        "contentType": "text/plain",
        "criterionType": "StaticThresholdCriterion",
        "databaseAccountOfferType": "Standard",
        "defaultAction": "Allow Deny",
        "defaultConsistencyLevel": "Strong",
        "defaultPriorityLevel": "High",
        "family": "A",
        "filterType": "CorrelationFilter",
        "groupIds": "Sql blob namespace table vault",
        "indexingMode": "consistent",
        "level": "CanNotDelete",
        "location": "global westeurope",
        "logAnalyticsDestinationType": "Dedicated",
        "metricName": "ActiveMessages DeadletteredMessages NormalizedRUConsumption TotalRequests",
        "metricNamespace": "Microsoft.DocumentDB/databaseAccounts Microsoft.ServiceBus/namespaces",
        "minTlsVersion": "1.2",
        "minimalTlsVersion": "Tls12",
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
        "timeAggregation": "Average Count Maximum Minimum",
        "unauthenticatedClientAction": "Return401",
        "authentication.type": "UserAssignedIdentity",
        "backupPolicy.type": "Continuous",
        "identity.type": "UserAssigned",
        "rules.type": "Lifecycle",
        "storage.type": "blobContainer",
        "capabilities.name": "EnableServerless",
        "runtime.name": "python",
        "partitionKey.kind": "Hash MultiHash",
        "continuousModeProperties.tier": "Continuous30Days Continuous7Days",
        "logs.category": "AuditEvent ControlPlaneRequests OperationalLogs "
        "PartitionKeyRUConsumption QueryRuntimeStatistics StorageDelete StorageRead StorageWrite",
        "metrics.category": "AllMetrics Requests Transaction",
        "databaseAccounts kind": "GlobalDocumentDB",
        "scheduledQueryRules kind": "LogAlert",
        "storageAccounts kind": "StorageV2",
        "serverfarms kind": "functionapp",
        "sites kind": "functionapp,linux",
        "workbooks kind": "shared",
        "components kind": "web",
        "namespaces minimumTlsVersion": "1.2",
        "storageAccounts minimumTlsVersion": "TLS1_2",
        "namespaces sku.name": "Standard Premium",
        "namespaces sku.tier": "Standard Premium",
        "serverfarms sku.name": "FC1",
        "serverfarms sku.tier": "FlexConsumption",
        "storageAccounts sku.name": "Standard_LRS Standard_ZRS",
        "vaults sku.name": "standard",
        "workspaces sku.name": "PerGB2018",
    }.items()
}
# Not words of Azure, but names, addresses, times, sizes and texts of ours.
FREE = frozenset({
    "COSMOS_DATABASE", "ENTRA__allowGuests", "INSIGHTS__tenantId", "INSIGHTS__subscriptionKeyName",
    "INSIGHTS__vaults", "ENTRA__tenantId", "TELEMETRY_SHARE", "ENTRA__audience", "addressPrefix",
    "addressPrefixes", "allowedApplications", "allowedAudiences", "azd-env-name",
    "azd-service-name", "clientId", "consent", "defaultMessageTimeToLive", "description",
    "displayName", "duplicateDetectionHistoryTimeWindow", "evaluationFrequency", "groupShortName",
    "id", "locationName", "lockDuration", "metricMeasureColumn", "name", "path", "paths",
    "prefixMatch", "runtimeVersion", "tenantId", "values", "value", "version", "windowSize",
    "ENTRA__issuers", "ENTRA__allowedClientApplications", "excludedPaths", "notes", "type",
    "targetResourceType",
})  # fmt: skip
SHORT = re.compile(r"[\w.,/-]{1,80}")


def unknown_words(kind: str, body: Any) -> Iterator[str]:
    """Yield each text that Azure would not know where it stands, or that nobody has judged."""
    own = kind.rpartition("/")[2]
    for text, name, around in _texts(body):
        names = (f"{own} {around}.{name}", f"{own} {name}", f"{around}.{name}", name)
        known = next((WORDS[one] for one in names if one in WORDS), None)
        if known is None and SHORT.fullmatch(text) and name not in FREE:
            yield f"nobody says whether {text!r} is a word for {names[2]}"
        if known is not None and text not in known:
            yield f"{names[2]} is {text!r}"


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
