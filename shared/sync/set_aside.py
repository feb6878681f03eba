"""Changes that a feed could not digest: set aside with the reason, and told again later."""

import hashlib
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

from shared.core.errors import Refusal, Stale, Unavailable
from shared.core.retry import check_version
from shared.core.traces import trace_of
from shared.ports.changes import Change
from shared.ports.documents import Documents, Replace
from shared.sync.domain.set_aside import ChangeNotFound, SetAsideChange
from shared.sync.set_aside_documents import (
    count_set_aside,
    find_set_aside,
    put_set_aside,
    query_set_aside,
    remove_set_aside,
)

INTERNAL = "internal"
MAX_SET_ASIDE = 100  # of a company by one function: where more fail, the function is at fault

log = logging.getLogger(__name__)


class TooManySetAside(Unavailable):
    """So many changes were set aside that the feed stands still until a person has looked."""

    code = "too-many-set-aside"


async def set_change_aside(
    change: Change, function: str, cause: Exception, documents: Documents
) -> None:
    """Keep the change and the reason, so that the feed can go on. Raises Unavailable."""
    reference = uuid4().hex
    entry = SetAsideChange(
        id=_id_of(change, function),
        function=function,
        container=change.container,
        partition=change.partition,
        document_id=change.id,
        code=cause.code if isinstance(cause, Refusal) else INTERNAL,
        reference=reference,
        at=datetime.now(UTC),
    )
    log.error(
        "%s: a change of %s was set aside: %s, reference %s\n%s",
        function, change.container, entry.code, reference, trace_of(cause),
    )  # fmt: skip
    known = await find_set_aside(change.legal_entity, entry.id, documents)
    count = await count_set_aside(change.legal_entity, function, documents)
    if not known and count >= MAX_SET_ASIDE:
        raise TooManySetAside(f"{MAX_SET_ASIDE} changes are set aside already.")
    await put_set_aside(change.legal_entity, entry, documents)


async def list_set_aside(
    legal_entity: str, *, limit: int, continuation: str | None, documents: Documents
) -> tuple[Sequence[SetAsideChange], str | None]:
    """Return a page of what was set aside in the company, and what continues it. One query."""
    return await query_set_aside(
        legal_entity, limit=limit, continuation=continuation, documents=documents
    )


async def read_set_aside(
    legal_entity: str, entry_id: str, *, documents: Documents
) -> SetAsideChange:
    """Return the entry. One point read. Raises ChangeNotFound."""
    entry = await find_set_aside(legal_entity, entry_id, documents)
    if entry is None:
        raise ChangeNotFound(f"No change {entry_id} is set aside.")
    return entry


async def replay_change(legal_entity: str, entry_id: str, *, documents: Documents) -> None:
    """Have every feed of the container told of the document again, and forget the entry.

    The document is written as it is. Raises ChangeNotFound, also where the document is gone.
    """
    entry = await read_set_aside(legal_entity, entry_id, documents=documents)
    document = await documents.read(entry.container, entry.partition, entry.document_id)
    if document is None:
        raise ChangeNotFound("The document is gone; delete the entry.")
    with suppress(Stale):  # whoever wrote it at this moment has it told again
        operation = Replace(document.body, document.etag)
        await documents.commit(entry.container, entry.partition, [operation])
    newest = await find_set_aside(legal_entity, entry_id, documents)
    if newest == entry:  # else it has failed again already
        await remove_set_aside(legal_entity, entry_id, documents)


async def drop_change(
    legal_entity: str, entry_id: str, *, if_match: str, documents: Documents
) -> None:
    """Forget the entry. Raises ChangeNotFound, VersionMismatch."""
    entry = await read_set_aside(legal_entity, entry_id, documents=documents)
    check_version(entry.reference, if_match)
    await remove_set_aside(legal_entity, entry_id, documents)


def _id_of(change: Change, function: str) -> str:
    """Return the same id for the same document and function, which then are kept once."""
    text = "\n".join([function, change.container, *change.partition, change.id])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
