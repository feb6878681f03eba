"""Companies of an older version: how far it is known who has which contact point.

A company that is made now has none of this: its points are known from the first customer on.
"""

from typing import Any, Final
from weakref import WeakKeyDictionary

from shared.context import Context
from shared.core.errors import AlreadyExists
from shared.customers.directory.walking import WalkPosition
from shared.ports.documents import Create, Documents, Partition, Put, Remove

CONTAINER: Final = "settings"
BUILDING: Final[Partition] = ("*", "consent-points-building")  # a document for each company
SCHEMA_VERSION: Final = 1
_ready: WeakKeyDictionary[Documents, set[str]] = WeakKeyDictionary()


async def begin_building(context: Context) -> None:
    """Note that the company has customers from before there were points."""
    try:
        await _commit(context, Create(_document(context.legal_entity, None)))
    except AlreadyExists:
        return


async def is_building(context: Context) -> bool:
    """Return whether there may be points that are not known yet. One point read, until not."""
    ready = _ready.setdefault(context.documents, set())
    if context.legal_entity in ready:
        return False
    if await context.documents.read(CONTAINER, BUILDING, context.legal_entity):
        return True
    ready.add(context.legal_entity)
    return False


async def companies_building(documents: Documents) -> list[str]:
    """Return the companies whose points are not all known yet. One query."""
    return [document.id async for document in documents.all(CONTAINER, BUILDING)]


async def built_up_to(context: Context) -> WalkPosition | None:
    """Return up to where all customers are known; None at the beginning."""
    document = await context.documents.read(CONTAINER, BUILDING, context.legal_entity)
    position = document.body["position"] if document else None
    return WalkPosition(**position) if position else None


async def note_built(position: WalkPosition | None, context: Context) -> None:
    """Note up to where all customers are known; None: all are."""
    if position is None:
        await _commit(context, Remove(context.legal_entity))
        return
    kept = {"year": position.year, "after": position.after}
    await _commit(context, Put(_document(context.legal_entity, kept)))


async def _commit(context: Context, operation: Create | Put | Remove) -> None:
    await context.documents.commit(CONTAINER, BUILDING, [operation])


def _document(legal_entity: str, position: dict[str, Any] | None) -> dict[str, Any]:
    return {"id": legal_entity, "position": position, "schemaVersion": SCHEMA_VERSION}
