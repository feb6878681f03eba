"""The page of costs, worked out from docs/operations.md."""

from collections.abc import Callable

from tests.infra.stands import ROOT
from tools.cost import month
from tools.cost.month import PRICES, SHAPES, Shape

PAGE = ROOT / "docs" / "cost.md"
NOBODY = Shape("nobody", 0, 0)
HEAD = """\
# What a month costs

Made by `python -m tools.cost` from the request units of [operations.md](operations.md) and from the
assumptions in `tools/cost/month.py`; a test holds it to both. **It is an estimate: nothing here was
ever deployed, so nothing was ever billed.** Request units are those of our own endpoint, CPU
seconds are guessed from one machine, prices are list prices as remembered when this was written:
look them up in the [calculator](https://azure.microsoft.com/pricing/calculator/) before you decide.

The question: {customers:,} customers, {stores} stores, {creates:.0f} creates and
{reads:.0f} reads a second. Those are rates of a peak. {creates:.0f} creates a second all day would
be {daily:.1f} million customers a day, so what matters is how many hours a month are like that:
each column has its own.

## The formula

- A create costs **{create:.0f} RU** (`create_customer`, and {feeds:.0f} for the feeds after it);
  a read costs **{read:.1f} RU** (half by GUID, a fifth by account number, the others searches).
- At the peak that is {creates:.0f} times {create:.0f} and {reads:.0f} times {read:.1f}, together
  **{total:,.0f} RU/s**: {in_customers:,.0f} in `customers`, {in_directory:,.0f} in `directory`.
- With autoscale each hour costs, for each container, the most RU/s that were used in it, at least a
  tenth of its maximum, at {autoscale} $ for each 100 RU/s. The maxima of `containerThroughput` are
  {max_customers:,.0f} and {max_directory:,.0f}; all others have 1,000.
- Functions: busy instances times {gigabytes:.0f} GB times seconds at {second} $, and
  {million} $ for a million executions. {instances:.0f} instances are busy at the peak.
- Stores cost nothing by themselves; a till costs what it asks.

## The table

US dollars a month, for production as `infra/` makes it without private networking.

| | {names} |
|---|{bars}
"""
TAIL = """
Private networking adds {private:,.0f} $ a month (Service Bus Premium and {endpoints} endpoints).
A development environment (serverless, no instance always on) that nobody uses costs about
{idle:.0f} $: Service Bus Standard and the alarms.

## What changes it

- **The directory is what costs.** {share:.0%} of a create are the entries by which a customer is
  found: 21 commits. Fewer words (one address less among those that are searched) are fewer RU.
- **An edit costs more than a create** if it changes words, for it takes old entries away.
- **Serverless against autoscale.** The same requests by serverless are in the last row. Autoscale
  costs {nothing:,.0f} $ when nobody asks anything; up to {few:,.1f} billion RU a month, that is
  {creates:,.1f} million creates, serverless is cheaper. It promises no throughput.
- **A peak that is not even.** A container's RU/s are shared out evenly to its physical partitions;
  a partition that is asked more than its share answers 429 though the sum is not used up. Then the
  maximum has to be higher than the sum above says.
- **Telemetry.** Requests are never sampled (`excludedTypes` in `host.json`), so that failures are
  counted right. To sample them too, at one in ten, would save nine tenths of that row.
  `TELEMETRY_SHARE` does the same for the app's own traces, which are not in this estimate.
- **Instances.** Halving the CPU of a request halves the row of functions. 512 MB instances cost a
  quarter, and have a quarter of a core.
- **Reserved capacity** for Cosmos DB (one or three years) and a savings plan take 20 to 60 % off.
- **A second region** doubles Cosmos DB.

## Prices that were used

| | $ |
|---|--:|
{prices}"""


def page() -> str:
    create, reading = month.request_units()
    peak = month.at_the_peak()
    return (
        HEAD.format(
            customers=month.CUSTOMERS,
            stores=month.STORES,
            creates=month.CREATES,
            reads=month.READS,
            daily=month.CREATES * 86400 / 1e6,
            create=create,
            feeds=month.FEEDS_RU,
            read=reading,
            total=sum(peak.values()),
            in_customers=peak["customers"],
            in_directory=peak["directory"],
            autoscale=PRICES["autoscale, 100 RU/s for an hour"],
            max_customers=month.MAXIMUM["customers"],
            max_directory=month.MAXIMUM["directory"],
            gigabytes=month.INSTANCE_GB,
            second=f"{PRICES['functions on demand, a GB second']:.6f}",
            million=PRICES["functions, a million executions"],
            instances=month.instances(),
            names=" | ".join(one.name for one in SHAPES),
            bars="--:|" * len(SHAPES),
        )
        + "".join(map(_line, _rows()))
        + TAIL.format(
            private=month.private(),
            endpoints=month.ENDPOINTS,
            idle=PRICES["Service Bus Standard, a month"] + PRICES["alarms, a month"],
            share=month.IN_DIRECTORY,
            nothing=month.autoscale(NOBODY),
            few=month.worth_autoscale() / 1e9,
            creates=month.worth_autoscale() / month.request_units()[0] / 1e6,
            prices="".join(
                f"| {name} | {price:f}".rstrip("0").rstrip(".") + " |\n"
                for name, price in PRICES.items()
            ),
        )
    )


def _rows() -> list[tuple[str, list[float]]]:
    rows: dict[str, Callable[[Shape], float]] = {
        "Cosmos DB, throughput (autoscale)": month.autoscale,
        "Cosmos DB, storage and backup": month.storage,
        "Functions": month.functions,
        "Service Bus Standard": month.bus,
        "Logs and telemetry": month.logs,
        "Alarms, vault, blobs": month.alarms,
    }
    costs = [(name, [cost(one) for one in SHAPES]) for name, cost in rows.items()]
    total = [sum(column) for column in zip(*(row for _, row in costs), strict=True)]
    instead = [month.serverless(one) for one in SHAPES]
    return [*costs, ("**Together**", total), ("*throughput by serverless instead*", instead)]


def _line(row: tuple[str, list[float]]) -> str:
    name, costs = row
    return f"| {name} | " + " | ".join(f"{cost:,.0f}" for cost in costs) + " |\n"
