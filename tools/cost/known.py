"""How each number of the page is known: measured, read from the code, or assumed."""

from tools.cost import small
from tools.cost.month import (
    ACCESS_KB,
    ACCESS_RU,
    CPU,
    FEED_CALLS,
    FEEDS_RU,
    HOST_KB,
    KILOBYTES,
    NOTES_RU,
    REQUEST_LOG_KB,
    SECONDS,
    UTILIZATION,
)

KNOWN: tuple[tuple[str, str], ...] = (
    (
        "request units of a request",
        "measured at our own endpoint, which charges by the published rules of thumb; a test holds "
        f"[operations.md](operations.md) to it. The {FEEDS_RU:.0f} RU of feeds, {NOTES_RU:.0f} of "
        f"`requests` and {ACCESS_RU:.0f} of who looked are added up from reads and commits",
    ),
    (
        "bytes of the app's own telemetry",
        "at most; a test holds them to what the exporter of Azure Monitor sends",
    ),
    (
        f"bytes of the host's line, {HOST_KB:.0f} KB; of a log line of Cosmos DB, "
        f"{REQUEST_LOG_KB} KB",
        "assumed",
    ),
    (
        "maxima, instances always ready, memory, concurrency, share of traces, log categories, "
        "alarms, endpoints",
        "read from what `infra/` works out to",
    ),
    ("number of feeds and timers", "read from the app"),
    (
        f"seconds of a core: {CPU['create']} for a create, {CPU['feeds']} for its feeds, "
        f"{CPU['read']} for a read",
        "estimated on one machine of two cores, not in Azure",
    ),
    (
        f"seconds of a request, {SECONDS['create']} and {SECONDS['read']}; {UTILIZATION:.0%} of an "
        f"instance in use; a batch for each {1 / FEED_CALLS:.0f} changes; that an instance of a "
        "feed is busy in every hour that has requests",
        "assumed",
    ),
    (
        f"KB of a customer with its entries, {KILOBYTES:.0f}; of an entry of who looked, "
        f"{ACCESS_KB}",
        "estimated from documents and what is indexed of them",
    ),
    (f"the limit of serverless, {small.LIMIT:,.0f} RU/s", "Microsoft's page"),
    ("prices", "list prices as remembered when this was written"),
    (
        "that a timer is a second at least, and an idle feed nothing",
        "Microsoft's page on billing; not seen",
    ),
)


def section() -> str:
    """Return the section of the page."""
    rows = "".join(f"| {what} | {how} |\n" for what, how in KNOWN)
    return f"""\
## What is measured, and what is assumed

| what | how it is known |
|---|---|
{rows}
Not counted: feeds of the other containers, log lines of blobs and of the bus, egress, and support.
"""
