"""Which environment variables there are, who sets them, and which must not be set."""

from shared.platform.settings import Settings

# Those that the host reads, for itself and for the bindings, and the app does not.
HOST = {
    "AzureWebJobsStorage__blobServiceUri": "blobs in which the host keeps its locks and keys",
    "AzureWebJobsStorage__clientId": "client id of the identity to use",
    "AzureWebJobsStorage__credential": "`managedidentity`",
    "AzureWebJobsStorage__tableServiceUri": "tables in which the host records errors of triggers",
    "COSMOS__credential": "`managedidentity`, for the change feed triggers",
    "SERVICEBUS__credential": "`managedidentity`, for the queue triggers",
}
# Whole strings hold keys, so they are for one machine; Azure says itself what the site is called.
ON_ONE_MACHINE = {"COSMOS", "PACKAGES", "SERVICEBUS"}
BY_AZURE = {"WEBSITE_SITE_NAME"}
BY_HAND = {"OTEL_EXPORTER_OTLP_ENDPOINT", "TELEMETRY"}
FROM_ELSEWHERE = ON_ONE_MACHINE | BY_AZURE | BY_HAND

APP = {
    str(one.validation_alias): (one.description or "", one.default)
    for one in Settings.model_fields.values()
}
FROM_BICEP = set(APP) - FROM_ELSEWHERE

# What Flex Consumption refuses, and what would hold a key.
FORBIDDEN = {
    "AzureWebJobsStorage",
    "ENABLE_ORYX_BUILD",
    "FUNCTIONS_EXTENSION_VERSION",
    "FUNCTIONS_WORKER_RUNTIME",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTSHARE",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_TIME_ZONE",
}
