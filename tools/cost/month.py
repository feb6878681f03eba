"""What a month costs: rates, prices and assumptions, each a line that can be changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from tools.cost import distribution
from tools.operations.table import PAGE as OPERATIONS
from tools.operations.table import read

HOURS = 730
CUSTOMERS = 1_000_000
STORES = 200
CREATES = 50.0  # a second, at the peak
READS = 500.0

# Of reads: a customer by GUID, one by account number, one searched by what was typed.
READ_MIX = {
    "get_customer by GUID": 0.5,
    "get_customer by account number, again": 0.2,
    "find_customers by a word": 0.3,
}
FEEDS_RU = 20.0  # after each create: five feeds read it, the relay notes it, two look something up
ACCESS_RU = 6.0  # of one entry in the log of accesses, for each request about one customer
IN_DIRECTORY = 0.75  # of the RU of a create; the rest is in `customers`
KILOBYTES = 30.0  # of one customer, its entries and their index
CPU = {"create": 0.030, "read": 0.006, "feeds": 0.020}  # seconds of one core for each
UTILIZATION = 0.6
INSTANCE_GB = 2.0
HOST_KB = 1.0  # the host's line of a request; assumed
OWN_KB = (
    10.0  # the app's own of a new customer, with what follows; a test takes it from the exporter
)
TELEMETRY_KB = HOST_KB + 0.05 * OWN_KB  # of those one in twenty is kept
MESSAGES = 4.0  # operations of Service Bus for each create: sent, received, settled, renewed

# US dollars, list prices of a region in the United States, without any agreement.
PRICES: Mapping[str, float] = {
    "autoscale, 100 RU/s for an hour": 0.012,
    "serverless, a million RU": 0.25,
    "documents, a GB for a month": 0.25,
    "backup for 30 days, a GB for a month": 0.20,
    "functions on demand, a GB second": 0.000026,
    "functions always ready, idle, a GB second": 0.000004,
    "functions, a million executions": 0.40,
    "Service Bus Standard, a month": 10.0,
    "Service Bus Standard, a million operations beyond 12.5": 0.80,
    "Service Bus Premium, a unit for an hour": 0.928,
    "logs, a GB": 2.30,
    "private endpoint, an hour": 0.01,
    "alarms, a month": 7.0,
}
ALWAYS_READY = 2
MAXIMUM = {
    "customers": 10_000.0,
    "directory": 20_000.0,
    "requests": 4_000.0,
    "changes": 4_000.0,
    "distribution": 4_000.0,
    "accesses": 4_000.0,
}
OTHER_CONTAINERS = 3
LEAST_OF_OTHERS = 100.0  # RU/s that an autoscale container of 1000 costs at least
ENDPOINTS = 6


@dataclass(frozen=True)
class Shape:
    """Hours of the month at the peak, and at a tenth of it; the others have no requests.

    Runs and polling of channels go on at all hours.
    """

    name: str
    peak: float
    tenth: float
    channels: int = STORES

    @property
    def seconds(self) -> float:
        """Return the seconds at the peak that come to as many requests."""
        return (self.peak + self.tenth / 10) * 3600


SHAPES = (
    Shape("an hour at the peak each day, a tenth for eleven", HOURS / 24, HOURS * 11 / 24),
    Shape("twelve hours at the peak each day", HOURS / 2, 0),
    Shape("at the peak all the time", HOURS, 0),
)


def request_units() -> tuple[float, float]:
    """Return what a create with its feeds costs, and a read."""
    rows = read(OPERATIONS.read_text())
    reading = sum(rows[name].charge * part for name, part in READ_MIX.items())
    return rows["create_customer"].charge + FEEDS_RU, reading


def at_the_peak(channels: int = STORES) -> dict[str, float]:
    """Return RU/s of each container, beside those that there are at rest."""
    create, reading = request_units()
    searching = read(OPERATIONS.read_text())["find_customers by a word"].charge
    search = READS * READ_MIX["find_customers by a word"] * searching
    directory = CREATES * (create - FEEDS_RU) * IN_DIRECTORY + search
    about_one = CREATES + READS * (1 - READ_MIX["find_customers by a word"])
    return {
        "accesses": about_one * ACCESS_RU,
        "customers": CREATES * create + READS * reading - directory,
        "directory": directory,
        **distribution.by_changes(CREATES, channels),
    }


def autoscale(shape: Shape) -> float:
    """Each hour costs the most that was used in it, and a tenth of the maximum at least."""
    hours = (shape.peak, shape.tenth, HOURS - shape.peak - shape.tenth)
    spent = OTHER_CONTAINERS * LEAST_OF_OTHERS * HOURS
    peak, rest = at_the_peak(shape.channels), distribution.at_rest(shape.channels)
    for name, maximum in MAXIMUM.items():
        for share, count in zip((1.0, 0.1, 0.0), hours, strict=True):
            used = rest.get(name, 0) + peak.get(name, 0) * share
            spent += max(used, maximum / 10) * count
    return spent / 100 * PRICES["autoscale, 100 RU/s for an hour"]


def serverless(shape: Shape) -> float:
    by_requests = shape.seconds * sum(at_the_peak(shape.channels).values())
    units = by_requests + rest_units(shape.channels)
    return units / 1e6 * PRICES["serverless, a million RU"]


def rest_units(channels: int) -> float:
    """Return the RU of a month in which nothing is requested but by channels that poll."""
    return HOURS * 3600 * sum(distribution.at_rest(channels).values())


def worth_autoscale() -> float:
    """Return the RU of a month for which serverless costs what autoscale costs for nothing."""
    return autoscale(Shape("unused", 0, 0)) / PRICES["serverless, a million RU"] * 1e6


def storage(shape: Shape) -> float:
    price = PRICES["documents, a GB for a month"] + PRICES["backup for 30 days, a GB for a month"]
    taken = shape.seconds / 60 * shape.channels * distribution.MONTHS_KEPT
    kilobytes = CUSTOMERS * (KILOBYTES + distribution.INDEX_KB) + taken * distribution.SESSION_KB
    return kilobytes / 1e6 * price


def instances() -> float:
    """Return how many are busy at the peak, beside those of distribution."""
    cores = CREATES * (CPU["create"] + CPU["feeds"]) + READS * CPU["read"]
    return cores / UTILIZATION


def core_seconds(shape: Shape) -> float:
    """Return the seconds of one core that distribution takes."""
    at_all_hours = HOURS * 3600 * distribution.cores_at_rest(shape.channels)
    return at_all_hours + shape.seconds * distribution.cores_by_changes(shape.channels)


def requests_of_channels(shape: Shape) -> float:
    """Return how often channels poll and take, in millions."""
    polls = HOURS * 3600 * distribution.polls_a_second(shape.channels)
    return (polls + shape.seconds * distribution.takes_a_second(shape.channels)) / 1e6


def builds(shape: Shape) -> float:
    """Return how often it is looked whether a group needs a package, in millions."""
    return HOURS * 3600 * distribution.groups_a_second(shape.channels) / 1e6


def functions(shape: Shape) -> float:
    busy_seconds = instances() * shape.seconds + core_seconds(shape) / UTILIZATION
    busy = busy_seconds * INSTANCE_GB * PRICES["functions on demand, a GB second"]
    ready = ALWAYS_READY * HOURS * 3600 * INSTANCE_GB
    executions = shape.seconds * (READS + CREATES * 3) / 1e6
    executions += requests_of_channels(shape) + builds(shape)
    return (
        busy
        + ready * PRICES["functions always ready, idle, a GB second"]
        + executions * PRICES["functions, a million executions"]
    )


def bus(shape: Shape) -> float:
    of_groups = builds(shape) * distribution.MESSAGES_A_GROUP
    beyond = max(shape.seconds * CREATES * MESSAGES / 1e6 + of_groups - 12.5, 0)
    return (
        PRICES["Service Bus Standard, a month"]
        + beyond * PRICES["Service Bus Standard, a million operations beyond 12.5"]
    )


def logs(shape: Shape) -> float:
    lines = shape.seconds * (READS + CREATES) / 1e6 + requests_of_channels(shape) + builds(shape)
    samples = HOURS * shape.channels * distribution.SAMPLES_AN_HOUR / 1e6
    gigabytes = lines * TELEMETRY_KB + samples * distribution.SAMPLE_KB
    return gigabytes * PRICES["logs, a GB"]


def alarms(_: Shape) -> float:
    return PRICES["alarms, a month"]


def private() -> float:
    """Return what private networking adds: Premium instead of Standard, and the endpoints."""
    return HOURS * (
        PRICES["Service Bus Premium, a unit for an hour"]
        + ENDPOINTS * PRICES["private endpoint, an hour"]
    )
