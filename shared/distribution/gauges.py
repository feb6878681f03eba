"""What gauges show of distribution: how late the index, the runs and the channels are."""

from typing import NamedTuple

from shared.context import Context
from shared.distribution.index.lag import index_lag
from shared.distribution.runs.ages import run_ages
from shared.distribution.sessions.lags import channel_lags
from shared.ports.telemetry import Attributes


class Gauge(NamedTuple):
    """The name of a gauge, its value, and what it is the value of."""

    name: str
    value: float
    labels: Attributes


async def gauges_of_runs(context: Context) -> list[Gauge]:
    """Return how far the index is behind, and how old runs are, in seconds. Raises Unavailable.

    However many customers and channels there are: see index_lag and run_ages.
    """
    of_company = {"libro.legal_entity": context.legal_entity}
    sampled = of_company | {"libro.operation": "measure_runs"}
    gauges = [Gauge("libro.distribution.index_lag", await index_lag(context), sampled)]
    for job, age, interval in await run_ages(context):
        labels = of_company | {
            "libro.job": job,
            "libro.interval": str(int(interval.total_seconds())),  # what an age is compared with
        }
        gauges.append(Gauge("libro.distribution.run_age", age.total_seconds(), labels))
    return gauges


async def gauges_of_channels(context: Context) -> list[Gauge]:
    """Return how far channels are behind, in seconds, and the lengths of chains since a full.

    For each channel some queries: see channel_lags. Raises Unavailable.
    """
    of_company = {"libro.legal_entity": context.legal_entity}
    lags = await channel_lags(context)
    gauges = [
        Gauge("libro.distribution.chain_deltas", count, of_company | {"libro.job": job})
        for job, count in lags.deltas.items()
    ]
    for channel, job, seconds in lags.channels:
        labels = of_company | {"libro.channel": channel, "libro.job": job}
        gauges.append(Gauge("libro.distribution.channel_lag", seconds, labels))
    return gauges
