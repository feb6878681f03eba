"""What a month costs: rates, prices and assumptions, each a line that can be changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from tools.cost import distribution
from tools.cost.deployed import Deployment, deployment, feeds, ticks_an_hour
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
FEEDS_RU = 14.0  # after each create: the feeds read it, two look something up
NOTES_RU = 26.0  # of each create, in `requests`: an idempotency key, and what the relay notes
ACCESS_RU = 6.0  # of one entry in the log of accesses, for each request about one customer
IN_DIRECTORY = 0.75  # of the RU of a create; the rest is in `customers`
KILOBYTES = 30.0  # of one customer, its entries and their index
ACCESS_KB, ACCESS_DAYS = 0.5, 180  # of an entry of who looked, and how long it is kept
CPU = {"create": 0.030, "read": 0.006, "feeds": 0.020}  # seconds of one core for each
SECONDS = {"create": 0.150, "read": 0.030}  # that a request takes, most of them waiting
UTILIZATION = 0.6
FEED_CALLS = 0.2  # of each feed, for each create: changes come in batches
HOST_KB = 1.0  # the host's line of an execution
# At most the app's own, of a new customer with what follows, and of a read; held by a test.
OWN_KB, OWN_READ_KB = 4.0, 1.5
REQUEST_LOG_KB = 0.6  # a line of Cosmos DB for a request, where `cosmosLogsRequests` asks for it
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
    "alarm on a metric, a month": 0.10,
    "alarm on logs, a month, each 5 minutes": 1.50,
    "alarm on logs, a month, each 15 minutes or more rarely": 0.50,
    "vault and blobs, a month": 1.0,
}
LEAST_SHARE = 0.1  # of the maximum, that autoscale costs at least


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


def production() -> Deployment:
    return deployment("production")


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
        "requests": CREATES * NOTES_RU,
        **distribution.by_changes(CREATES, channels),
    }


def autoscale(shape: Shape) -> float:
    """Each hour costs the most that was used in it, and a tenth of the maximum at least."""
    hours = (shape.peak, shape.tenth, HOURS - shape.peak - shape.tenth)
    spent = 0.0
    peak, rest = at_the_peak(shape.channels), distribution.at_rest(shape.channels)
    for name, maximum in production().maxima.items():
        for share, count in zip((1.0, 0.1, 0.0), hours, strict=True):
            used = rest.get(name, 0) + peak.get(name, 0) * share
            spent += max(used, maximum * LEAST_SHARE) * count
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
    return (kilobytes + looked(shape) * ACCESS_KB) / 1e6 * price


def looked(shape: Shape) -> float:
    """Return how many entries of who looked there are once the first have ended."""
    a_second = at_the_peak(0)["accesses"] / ACCESS_RU
    return a_second * shape.seconds * ACCESS_DAYS * 24 / HOURS


def instances() -> float:
    """Return how many answer requests at the peak: by their work, or by how many they take."""
    by_work = (CREATES * CPU["create"] + READS * CPU["read"]) / UTILIZATION
    at_once = CREATES * SECONDS["create"] + READS * SECONDS["read"]
    return max(by_work, at_once / production().http_concurrency)


def instances_of_feeds() -> float:
    """Return how many follow the changes of customers: one at least for each function."""
    return max(CREATES * CPU["feeds"] / UTILIZATION, feeds("customers"))


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


def executions(shape: Shape) -> float:
    """Return those of requests, feeds, distribution and timers, in millions."""
    followed = shape.seconds * CREATES * feeds("customers") * FEED_CALLS
    own = shape.seconds * (READS + CREATES) + followed + HOURS * ticks_an_hour()
    return own / 1e6 + requests_of_channels(shape) + builds(shape)


def functions(shape: Shape) -> float:
    """Return what they cost; a timer is busy for a second."""
    distributing = core_seconds(shape) / UTILIZATION
    ready = production().always_ready * HOURS * 3600 * production().instance_gb
    return (
        answering(shape)
        + following(shape)
        + on_demand(distributing + HOURS * ticks_an_hour())
        + ready * PRICES["functions always ready, idle, a GB second"]
        + executions(shape) * PRICES["functions, a million executions"]
    )


def answering(shape: Shape) -> float:
    """Return what the instances that answer requests cost."""
    return on_demand(instances() * shape.seconds)


def following(shape: Shape) -> float:
    """Return what those of feeds cost: they are busy in every hour that has requests."""
    return on_demand(instances_of_feeds() * (shape.peak + shape.tenth) * 3600)


def on_demand(seconds: float) -> float:
    return seconds * production().instance_gb * PRICES["functions on demand, a GB second"]


def bus(shape: Shape) -> float:
    of_groups = builds(shape) * distribution.MESSAGES_A_GROUP
    beyond = max(shape.seconds * CREATES * MESSAGES / 1e6 + of_groups - 12.5, 0)
    return (
        PRICES["Service Bus Standard, a month"]
        + beyond * PRICES["Service Bus Standard, a million operations beyond 12.5"]
    )


def logs(shape: Shape) -> float:
    own = shape.seconds * (CREATES * OWN_KB + READS * OWN_READ_KB) / 1e6
    own += (requests_of_channels(shape) + builds(shape)) * OWN_READ_KB
    samples = HOURS * shape.channels * distribution.SAMPLES_AN_HOUR / 1e6
    gigabytes = executions(shape) * HOST_KB + own * production().telemetry_share
    gigabytes += samples * distribution.SAMPLE_KB
    asked_for = request_logs(shape) if production().logs_requests else 0.0
    return gigabytes * PRICES["logs, a GB"] + asked_for


def request_logs(shape: Shape) -> float:
    """Return what it costs that Cosmos DB logs each request of a create or a read."""
    rows = read(OPERATIONS.read_text())
    calls = READS * sum(sum(rows[one].counts[:4]) * part for one, part in READ_MIX.items())
    calls += CREATES * sum(rows["create_customer"].counts[:4])
    return calls * shape.seconds * REQUEST_LOG_KB / 1e6 * PRICES["logs, a GB"]


def alarms(of: Deployment) -> float:
    often = PRICES["alarm on logs, a month, each 5 minutes"]
    rarely = PRICES["alarm on logs, a month, each 15 minutes or more rarely"]
    of_logs = sum(
        count * (often if each == "PT5M" else rarely) for each, count in of.log_alarms.items()
    )
    return of.metric_alarms * PRICES["alarm on a metric, a month"] + of_logs


def standing(_: Shape) -> float:
    return alarms(production()) + PRICES["vault and blobs, a month"]


def private(shape: Shape) -> float:
    """Return what private networking adds: Premium instead of Standard, and the endpoints."""
    instead = HOURS * (
        PRICES["Service Bus Premium, a unit for an hour"]
        + deployment("private").endpoints * PRICES["private endpoint, an hour"]
    )
    return instead - bus(shape)
