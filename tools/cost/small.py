"""Serverless and the development environment: what they cost, and what they cannot do."""

from tools.cost import month
from tools.cost.deployed import deployment, feeds, ticks_an_hour
from tools.cost.distribution import at_rest
from tools.cost.month import HOURS, PRICES, Shape

LIMIT = 5_000.0  # RU/s of a serverless container that has one physical partition
LEASE_RU = 0.9  # a second, of each feed while its host runs: looking, and renewing its lease
CHANNELS = 3  # of the demo company
IDLE = Shape("idle", 0, 0, channels=CHANNELS)


def fitting() -> float:
    """Return the share of the peak that serverless containers can carry."""
    rest = at_rest(month.STORES)
    return min(
        (LIMIT - rest.get(name, 0)) / used for name, used in month.at_the_peak().items() if used
    )


def fullest() -> tuple[str, float]:
    """Return the container that asks for most at the peak, and its RU/s."""
    peak = month.at_the_peak()
    name = max(peak, key=peak.__getitem__)
    return name, peak[name]


def development() -> dict[str, float]:
    """Return what a development environment costs in a month in which nobody uses it."""
    made = deployment("development")
    ticks = HOURS * ticks_an_hour()
    lines = (ticks / 1e6 + month.builds(IDLE)) * month.HOST_KB
    leases = feeds() * LEASE_RU * HOURS * 3600 / 1e6 * PRICES["serverless, a million RU"]
    return {
        "Service Bus Standard": PRICES["Service Bus Standard, a month"],
        f"{made.metric_alarms + sum(made.log_alarms.values())} alarms": month.alarms(made),
        f"timers, {ticks_an_hour()} an hour, each a second of {made.instance_gb:.0f} GB": (
            ticks * made.instance_gb * PRICES["functions on demand, a GB second"]
        ),
        f"runs of {CHANNELS} channels, in RU": month.serverless(IDLE),
        "lines of timers and runs": lines * PRICES["logs, a GB"],
        f"leases of {feeds()} feeds, if something keeps their hosts up": leases,
        "vault and blobs": PRICES["vault and blobs, a month"],
    }
