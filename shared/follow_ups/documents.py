"""Follow-ups as documents of the books: how they are found, read and written."""

from typing import Any

from shared.clienteling.card_projection import BOOKS
from shared.clienteling.domain.cards import END
from shared.clienteling.domain.near_dates import MOST_DAYS
from shared.context import Context
from shared.core.evolve import evolve
from shared.follow_ups.domain.follow_ups import FollowUp, FollowUpNotFound
from shared.ports.documents import Create, Document, Equal, Replace

FOLLOW_UP = "follow-up"
KEPT = (MOST_DAYS + 34) * 86400  # seconds that one which moved tells so; longer than a rule looks
PAGE = 100


def document_id(follow_up_id: str) -> str:
    return f"{FOLLOW_UP}:{follow_up_id}"


def follow_up_document(follow_up: FollowUp) -> dict[str, Any]:
    body = follow_up.model_dump(mode="json", by_alias=True)
    body |= {
        "id": document_id(follow_up.id),
        "type": FOLLOW_UP,
        "followUpId": follow_up.id,
        "sort": {"due": f"{follow_up.due_on.isoformat()}{END}{follow_up.id}"},
        "values": {"client": follow_up.customer_id},
    }
    return body | ({"ttl": KEPT} if follow_up.status == "Moved" else {})


def follow_up_of(document: Document) -> FollowUp:
    follow_up = FollowUp.model_validate(document.body | {"id": document.body["followUpId"]})
    return evolve(follow_up, etag=document.etag)


async def find_follow_up(
    personnel_number: str, follow_up_id: str, context: Context
) -> FollowUp | None:
    """Return it, also one that has moved. One point read."""
    place = context.partition(personnel_number)
    document = await context.documents.read(BOOKS, place, document_id(follow_up_id))
    return follow_up_of(document) if document else None


async def read_follow_up(personnel_number: str, follow_up_id: str, *, context: Context) -> FollowUp:
    """Return it. Raises FollowUpNotFound, also where it has moved on with the client."""
    found = await find_follow_up(personnel_number, follow_up_id, context)
    if found is None or found.status == "Moved":
        raise FollowUpNotFound(f"There is no follow-up {follow_up_id} in this book.")
    return found


async def create_follow_up(follow_up: FollowUp, context: Context) -> FollowUp:
    """Write it into the book that it names. Raises AlreadyExists."""
    return await _commit(follow_up, Create(follow_up_document(follow_up)), context)


async def replace_follow_up(follow_up: FollowUp, etag: str, context: Context) -> FollowUp:
    """Write over exactly the version that was read. Raises Stale."""
    return await _commit(follow_up, Replace(follow_up_document(follow_up), etag), context)


async def _commit(follow_up: FollowUp, write: Create | Replace, context: Context) -> FollowUp:
    place = context.partition(follow_up.personnel_number)
    [etag] = await context.documents.commit(BOOKS, place, [write])
    return evolve(follow_up, etag=etag)


async def open_follow_ups(personnel_number: str, key: str, context: Context) -> list[FollowUp]:
    """Return what is still to be done for one client in one book. One query a page."""
    conditions = (Equal("type", FOLLOW_UP), Equal("status", "Open"), Equal("values.client", key))
    found: list[FollowUp] = []
    continuation: str | None = None
    while True:
        page = await context.documents.query(
            BOOKS,
            context.partition(personnel_number),
            *conditions,
            limit=PAGE,
            continuation=continuation,
        )
        found += [follow_up_of(one) for one in page.documents]
        continuation = page.continuation
        if continuation is None:
            return found
