"""What is kept of a confirmation that was asked for: the digest of its token, until it is over.

Each token has a partition of its own. Another document names the newest token of an entry: an older
one ends with it.
"""

from datetime import datetime
from typing import Final

from shared.context import Context
from shared.core.values import Record
from shared.ports.documents import Partition, Put

CONTAINER: Final = "requests"
CONFIRMATION: Final = "consent-confirmation"
NEWEST: Final = "consent-confirmation-newest"
SCHEMA_VERSION: Final = 1


class RequestedConfirmation(Record):
    """Which entry of whose ledger a token confirms, and about which contact point that is."""

    digest: str
    legal_entity: str
    customer_id: str
    sequence: int
    point_hash: str
    expires_at: datetime


async def put_confirmation(requested: RequestedConfirmation, context: Context) -> None:
    """Write it, and that it is the newest of its entry."""
    body = requested.model_dump(mode="json", by_alias=True)
    seconds = int((requested.expires_at - context.now).total_seconds())
    kept = {"schemaVersion": SCHEMA_VERSION, "ttl": seconds}
    whole = Put(body | {"id": CONFIRMATION, "type": CONFIRMATION} | kept)
    await context.documents.commit(CONTAINER, _by_digest(requested.digest), [whole])
    newest = Put({"id": NEWEST, "type": NEWEST, "digest": requested.digest} | kept)
    await context.documents.commit(CONTAINER, _by_entry(requested), [newest])


async def find_confirmation(digest: str, context: Context) -> RequestedConfirmation | None:
    """Return what the token confirms, unless it was replaced by another. Two point reads."""
    document = await context.documents.read(CONTAINER, _by_digest(digest), CONFIRMATION)
    if document is None:
        return None
    requested = RequestedConfirmation.model_validate(document.body)
    newest = await context.documents.read(CONTAINER, _by_entry(requested), NEWEST)
    is_newest = newest is not None and newest.body["digest"] == digest
    return requested if is_newest else None


def _by_digest(digest: str) -> Partition:
    return (f"confirmation:{digest}",)


def _by_entry(requested: RequestedConfirmation) -> Partition:
    return (f"confirmation:{requested.legal_entity}:{requested.customer_id}:{requested.sequence}",)
