"""The change feed of customers: what channels may hold of them gets into the index of changes."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import azure.functions as func

from functions._feed import feed
from shared.composition import wiring
from shared.composition.telemetry import telemetry
from shared.distribution.index.customers import index_changes
from shared.distribution.index.lag import lag_of
from shared.ports.changes import Change

bp = func.Blueprint()

ACTOR = "system:distribution"


@feed(bp, "customers")
async def index_customers(changes: Sequence[Change]) -> None:
    """Give each changed customer and address the next number of its shard."""
    backend, now = wiring.backend(), datetime.now(UTC)
    by_company: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_company[change.legal_entity].append(change)
    for company, some in by_company.items():
        entries = await index_changes(some, backend.context(company, ACTOR, now))
        if (lag := lag_of(entries, datetime.now(UTC))) is not None:
            labels = {"libro.legal_entity": company, "libro.operation": "index_customers"}
            telemetry().show("libro.distribution.index_lag", lag, labels)
