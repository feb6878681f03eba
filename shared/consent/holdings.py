"""What consent stores about a customer: the ledger, points with their holders, and lists."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from shared.consent import documents
from shared.consent.points import CONTAINER, HOLDER, POINT, bucket
from shared.consent.spreading import pending
from shared.context import Context
from shared.customers.holdings.ageing import Ageing
from shared.customers.holdings.holding import (
    Body,
    Found,
    Holding,
    beside_customer,
    of_partition,
)
from shared.customers.holdings.noted import Noted

HOLDER_TYPE: Final = "holder"


def _without_person(body: Body, _: Noted) -> Body | None:
    """Leave what is hashed, so that the chain can be checked; nothing of what has no chain."""
    return dict(body) | {"personal": None} if "core" in body else None


def _without_value(body: Body, _: Noted) -> Body | None:
    """Leave what is in force; drop the value where nobody else has the contact point."""
    if body["type"] == HOLDER_TYPE:
        return None
    return body if body["holders"] else dict(body) | {"value": None, "held": []}


async def _find_at_points(noted: Noted, context: Context) -> AsyncIterator[Found]:
    for point in noted.points:
        partition = context.partition(bucket(point.hash))
        for name in (f"{HOLDER}{noted.customer_id}", POINT):
            if document := await context.documents.read(CONTAINER, partition, name):
                yield Found(CONTAINER, partition, document)


async def _find_pending(noted: Noted, context: Context) -> AsyncIterator[Found]:
    partition = context.partition(pending.PENDING)
    async for document in context.documents.all(pending.CONTAINER, partition):
        if document.body["customerId"] == noted.customer_id:
            yield Found(pending.CONTAINER, partition, document)


async def _find_expired(key: str, before: datetime, context: Context) -> AsyncIterator[Found]:
    """Yield entries about opt-ins that have ended, and name the person still."""
    find = of_partition(documents.CONSENT)
    noted = Noted(customer_id=key, account_number=None, created_at=before)
    async for found in find(noted, context):
        body = found.document.body
        until = body["core"]["validUntil"] if body.get("personal") else None
        if until and datetime.fromisoformat(until) < before:
            yield found


def _anonymous(body: Body) -> Body:
    return dict(body) | {"personal": None}


AGEING: Final = (Ageing("expired-consents", _find_expired, empty=_anonymous),)
HOLDINGS: Final = (
    beside_customer(documents.CONSENT, step="ledger", empty=_without_person, section="consents"),
    Holding(
        CONTAINER, frozenset({POINT, HOLDER_TYPE}), "suppress", _find_at_points, _without_value
    ),
    Holding(pending.CONTAINER, frozenset({"consent pending"}), "directory", _find_pending),
)
