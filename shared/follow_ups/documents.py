"""Follow-ups as documents of the books: the only place that knows how they are stored and found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from shared.clienteling.domain.cards import END
from shared.clienteling.domain.near_dates import MAX_DAYS
from shared.context import Context
from shared.core.upgrades import Upgrade, upgrade
from shared.core.versioned import Versioned
from shared.follow_ups.domain.follow_ups import (
    STATUSES,
    Due,
    FollowUp,
    StatusFilter,
    days_of,
)
from shared.ports.documents import (
    Condition,
    Create,
    Document,
    Equal,
    In,
    Operation,
    Order,
    Put,
    Range,
    Remove,
    Replace,
)

CONTAINER: Final = "books"
SETTINGS: Final = "settings"
FOLLOW_UP: Final = "follow-up"
ROUND: Final = "follow-up-round"  # where the last round of the rules stopped
SCHEMA_VERSION: Final = 1
# That a follow-up which moved says so; longer than a rule looks ahead.
MOVED_RETENTION_SECONDS: Final = (MAX_DAYS + 34) * 86400
PAGE_SIZE: Final = 100
OLDEST_DUE_FIRST: Final = Order(("type", "sort.due"))
UPGRADES: Mapping[int, Upgrade] = {}


class FollowUpPage(NamedTuple):
    """`continuation` is None on the last page."""

    follow_ups: Sequence[Versioned[FollowUp]]
    continuation: str | None


@dataclass(frozen=True, slots=True)
class FollowUpQuery:
    """Which follow-ups of a book to return; `today` is that of the reader's store."""

    due: Due
    status: StatusFilter
    today: date


async def find_follow_up(
    personnel_number: str, follow_up_id: str, context: Context
) -> Versioned[FollowUp] | None:
    """Return it, also one that has moved. One point read."""
    partition = context.partition(personnel_number)
    document = await context.documents.read(CONTAINER, partition, _document_id(follow_up_id))
    return _follow_up_of(document) if document else None


async def query_follow_ups(
    personnel_number: str,
    query: FollowUpQuery,
    *,
    limit: int,
    continuation: str | None,
    context: Context,
) -> FollowUpPage:
    """Return the next follow-ups, oldest due first. One query."""
    page = await context.documents.query(
        CONTAINER,
        context.partition(personnel_number),
        *_conditions(query),
        order=OLDEST_DUE_FIRST,
        limit=limit,
        continuation=continuation,
    )
    return FollowUpPage([_follow_up_of(each) for each in page.documents], page.continuation)


async def open_follow_ups(
    personnel_number: str, key: str, context: Context
) -> list[Versioned[FollowUp]]:
    """Return what is still to be done for one client in one book. One query a page."""
    documents = context.documents.all(
        CONTAINER,
        context.partition(personnel_number),
        Equal("type", FOLLOW_UP),
        Equal("status", "Open"),
        Equal("values.client", key),
        page_size=PAGE_SIZE,
    )
    return [_follow_up_of(document) async for document in documents]


async def existing_ids(
    personnel_number: str, follow_up_ids: Sequence[str], context: Context
) -> set[str]:
    """Return those of the ids for which the book has a follow-up. One query, if there are any."""
    if not follow_up_ids:
        return set()
    documents = context.documents.all(
        CONTAINER,
        context.partition(personnel_number),
        In("id", tuple(_document_id(follow_up_id) for follow_up_id in follow_up_ids)),
        page_size=len(follow_up_ids),
    )
    return {_newest(document)["followUpId"] async for document in documents}


async def create_follow_up(follow_up: FollowUp, context: Context) -> Versioned[FollowUp]:
    """Write it into the book that it names. Raises AlreadyExists."""
    return await _commit(follow_up, Create(_follow_up_document(follow_up)), context)


async def replace_follow_up(
    follow_up: FollowUp, etag: str, context: Context
) -> Versioned[FollowUp]:
    """Write over exactly the version that was read. Raises Stale."""
    return await _commit(follow_up, Replace(_follow_up_document(follow_up), etag), context)


async def load_round(context: Context) -> str:
    """Return after which book the last round of the rules stopped; empty where none did."""
    document = await context.documents.read(SETTINGS, (context.legal_entity, ROUND), ROUND)
    return _newest(document)["after"] if document else ""


async def mark_round(personnel_number: str, context: Context) -> None:
    """Note that the round has come to this book."""
    body = {"id": ROUND, "after": personnel_number, "schemaVersion": SCHEMA_VERSION}
    await _commit_round(Put(body), context)


async def end_round(context: Context) -> None:
    await _commit_round(Remove(ROUND), context)


async def _commit_round(operation: Operation, context: Context) -> None:
    await context.documents.commit(SETTINGS, (context.legal_entity, ROUND), [operation])


async def _commit(
    follow_up: FollowUp, write: Create | Replace, context: Context
) -> Versioned[FollowUp]:
    partition = context.partition(follow_up.personnel_number)
    [etag] = await context.documents.commit(CONTAINER, partition, [write])
    return Versioned(follow_up, etag)


def _conditions(query: FollowUpQuery) -> list[Condition]:
    statuses = STATUSES[query.status]
    conditions: list[Condition] = [
        Equal("type", FOLLOW_UP),
        # One value is cheaper to look up than a list with one value.
        Equal("status", statuses[0]) if len(statuses) == 1 else In("status", statuses),
    ]
    first, end = days_of(query.due, query.today)
    if first or end:
        conditions.append(Range("sort.due", start=first, end=end))
    return conditions


def _document_id(follow_up_id: str) -> str:
    return f"{FOLLOW_UP}:{follow_up_id}"


def _follow_up_document(follow_up: FollowUp) -> dict[str, Any]:
    body = follow_up.model_dump(mode="json", by_alias=True) | {
        "id": _document_id(follow_up.id),
        "type": FOLLOW_UP,
        "followUpId": follow_up.id,
        "sort": {"due": f"{follow_up.due_on.isoformat()}{END}{follow_up.id}"},
        "values": {"client": follow_up.customer_id},
        "schemaVersion": SCHEMA_VERSION,
    }
    return body | ({"ttl": MOVED_RETENTION_SECONDS} if follow_up.status == "Moved" else {})


def _follow_up_of(document: Document) -> Versioned[FollowUp]:
    body = _newest(document)
    return Versioned(FollowUp.model_validate(body | {"id": body["followUpId"]}), document.etag)


def _newest(document: Document) -> dict[str, Any]:
    return upgrade(document.body, UPGRADES, SCHEMA_VERSION)
