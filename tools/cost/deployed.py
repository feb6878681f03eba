"""What has a price of that which `infra/` would deploy, and of the functions of the app."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from function_app import app
from local.host.functions import Function, read_functions
from local.host.timers import schedule
from tests.infra.stands import stand

DATABASE = "Microsoft.DocumentDB/databaseAccounts"
CONTAINER = f"{DATABASE}/sqlDatabases/containers"
REQUEST_LOGS = {"PartitionKeyRUConsumption", "QueryRuntimeStatistics"}
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Deployment:
    """One kind of environment; `maxima` are RU/s of each container, none of them if serverless."""

    maxima: Mapping[str, float]
    always_ready: int
    instance_gb: float
    http_concurrency: int
    telemetry_share: float
    logs_requests: bool
    endpoints: int
    metric_alarms: int
    log_alarms: Mapping[str, int]  # by how often they look


@cache
def deployment(name: str) -> Deployment:
    """Return what a development, production or private environment is made of."""
    made = stand(name).deployed
    [site] = made.of("Microsoft.Web/sites")
    [settings] = [one for one in made.of("Microsoft.Web/sites/config") if one.name == "appsettings"]
    scale = site.properties["functionAppConfig"]["scaleAndConcurrency"]
    rules = [one.properties for one in made.of("Microsoft.Insights/scheduledQueryRules")]
    often = [one["evaluationFrequency"] for one in rules]
    return Deployment(
        maxima={one.name: _maximum(one.properties) for one in made.of(CONTAINER)},
        always_ready=sum(one["instanceCount"] for one in scale.get("alwaysReady", [])),
        instance_gb=scale["instanceMemoryMB"] / 1024,
        http_concurrency=scale["triggers"]["http"]["perInstanceConcurrency"],
        telemetry_share=float(settings.properties["TELEMETRY_SHARE"]),
        logs_requests=any(
            log.get("category") in REQUEST_LOGS and log["enabled"]
            for one in made.of("Microsoft.Insights/diagnosticSettings")
            for log in one.properties.get("logs", [])
        ),
        endpoints=len(made.of("Microsoft.Network/privateEndpoints")),
        metric_alarms=len(made.of("Microsoft.Insights/metricAlerts")),
        log_alarms={each: often.count(each) for each in sorted(set(often))},
    )


def _maximum(container: Mapping[str, Any]) -> float:
    throughput = container.get("options", {}).get("autoscaleSettings", {})
    return float(throughput.get("maxThroughput", 0))


@cache
def _functions() -> list[Function]:
    return read_functions(app)


def feeds(container: str | None = None) -> int:
    """Return how many functions follow the changes of a container, or of any."""
    followed = [one.trigger["containerName"] for one in _functions() if one.kind == _FEED]
    return followed.count(container) if container else len(followed)


_FEED = "cosmosDBTrigger"


def ticks_an_hour() -> int:
    """Return how often timers are due in an hour of the day, those of the night aside."""
    return sum(
        _ticks(str(one.trigger["schedule"])) for one in _functions() if one.kind == "timerTrigger"
    )


def _ticks(expression: str) -> int:
    following, moment = schedule(expression), MIDNIGHT + timedelta(hours=12, microseconds=-1)
    count, end = -1, moment + timedelta(hours=1)
    while moment < end:
        count, moment = count + 1, following(moment) or end
    return count
