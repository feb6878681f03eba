"""Conflicts over HTTP: what uploads stopped at, and what a person decides about it."""

from typing import Annotated, Literal

import azure.functions as func
from pydantic import Field

from functions._channel import SEES, may_look_after
from functions._http.trigger import (
    CUSTOMER_EDIT,
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Reply,
    serve,
)
from shared.offline import conflicts as usecases
from shared.offline.domain.conflicts import (
    ConflictDecided,
    ConflictDecision,
    ConflictNotFound,
    ConflictNotSettled,
    ConflictStatus,
    DecisionNotPossible,
    OfflineConflict,
)
from shared.offline.views import list_item

bp = func.Blueprint()

CONFLICTS = "channels/{storeNumber}/conflicts"
STATUSES: dict[str, ConflictStatus] = {"open": "Open", "decided": "Decided"}


class ConflictQuery(PageQuery):
    status: Annotated[
        Literal["open", "decided"], Field(description="Filter: open or decided conflicts")
    ] = "open"


@serve(
    bp,
    Operation(
        "GET",
        CONFLICTS,
        who="EAH",
        pos_operation=CUSTOMER_EDIT,
        returns=PageOf[OfflineConflict],
        tag="Distribution",
        refuses=SEES,
    ),
)
async def list_conflicts(call: Call[ConflictQuery, None]) -> Reply:
    """List the conflicts of a channel, oldest first.

    Each is an operation done offline that a person has to decide about, or has decided about.
    """
    channel = (await may_look_after(call)).number
    conflicts, continuation = await usecases.list_conflicts(
        channel,
        STATUSES[call.query.status],
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    items = [list_item(stored.value, stored.etag) for stored in conflicts]
    return Reply(call.page(items, continuation))


@serve(
    bp,
    Operation(
        "GET",
        CONFLICTS + "/{operationId}",
        who="EAH",
        pos_operation=CUSTOMER_EDIT,
        returns=OfflineConflict,
        tag="Distribution",
        refuses=(*SEES, ConflictNotFound),
    ),
)
async def get_conflict(call: Call[NoQuery, None]) -> Reply:
    """Get a conflict.

    It shows of each field the value before, the one now, and the channel's.
    """
    channel = await may_look_after(call)
    stored = await usecases.read_conflict(
        channel.number, call.path["operationId"], context=call.context
    )
    return Reply(stored.value, etag=stored.etag)


@serve(
    bp,
    Operation(
        "POST",
        CONFLICTS,
        who="EAH",
        returns=OfflineConflict,
        pos_operation=CUSTOMER_EDIT,
        tag="Distribution",
        refuses=(
            *SEES,
            ConflictNotFound,
            ConflictDecided,
            ConflictNotSettled,
            DecisionNotPossible,
        ),
    ),
)
async def decide_conflict(call: Call[NoQuery, ConflictDecision]) -> Reply:
    """Decide a conflict, and apply the operations that waited for it.

    The customer's later operations are applied in their order, until one of them stops again.
    """
    channel = await may_look_after(call)
    stored = await usecases.decide_conflict(channel.number, call.body, context=call.context)
    return Reply(stored.value, etag=stored.etag)
