"""Entries of the ledger as documents of the customer's partition, where the timeline shows them."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from shared.consent.domain.ledger import Core, Entry, Personal
from shared.context import Context
from shared.core.values import in_milliseconds
from shared.customers.timeline_entries import entry_id, timeline_entry
from shared.ports.documents import Create, Document, Operation, Order, Range, Remove

CONTAINER: Final = "customers"
CONSENT: Final = "consent"  # the type of document by which the timeline tells a decision
SCHEMA_VERSION: Final = 2
NEWEST_FIRST: Final = Order(("id",), descending=True)
OLDEST_FIRST: Final = Order(("id",))


class EntryPage(NamedTuple):
    """`continuation` is None on the last page."""

    entries: list[Entry]
    continuation: str | None


def create_entry(entry: Entry) -> Operation:
    name, at = _name(entry.core.sequence), entry.core.decided_at
    document = timeline_entry(CONSENT, name, at, entry) | {"schemaVersion": SCHEMA_VERSION}
    return Create(document)


async def read_entry(key: str, sequence: int, context: Context) -> Entry | None:
    """Return the entry of this number, or None. One point read."""
    name = entry_id(CONSENT, _name(sequence))
    document = await context.documents.read(CONTAINER, context.partition(key), name)
    return entry_of(document) if document else None


async def query_entries(
    key: str, *, limit: int, continuation: str | None, context: Context, order: Order = NEWEST_FIRST
) -> EntryPage:
    """Return the next entries, newest first. One query."""
    page = await context.documents.query(
        CONTAINER,
        context.partition(key),
        IN_LEDGER,
        order=order,
        limit=limit,
        continuation=continuation,
    )
    entries = [entry_of(document) for document in page.documents]
    return EntryPage(entries, page.continuation)


async def all_entries(key: str, context: Context) -> AsyncIterator[Entry]:
    """Yield the entries in the order of the chain. One query for each hundred."""
    documents = context.documents.all(
        CONTAINER, context.partition(key), IN_LEDGER, order=OLDEST_FIRST, page_size=100
    )
    async for document in documents:
        yield entry_of(document)


async def unchained(key: str, context: Context) -> list[Document]:
    """Return what version 1 stored, oldest first: decisions without a chain. One query."""
    documents = context.documents.all(CONTAINER, context.partition(key), IN_LEDGER)
    return [document async for document in documents if is_unchained(document)]


def is_unchained(document: Document) -> bool:
    return "core" not in document.body


def remove_document(document: Document) -> Operation:
    return Remove(document.id)


def entry_of(document: Document) -> Entry:
    """Return the entry; one without a chain has the number 0 and no hash."""
    body = document.body
    if not is_unchained(document):
        return Entry.model_validate(body)
    evidence: Mapping[str, Any] = body["evidence"]
    personal = Personal(
        salt="",
        contact_id=body["contactId"],
        value=body["value"],
        captured_by=evidence["capturedBy"],
        reference=evidence["reference"],
        recorded_by=body["recordedBy"],
        origin=None,
    )
    core = Core(
        customer_id=str(document.partition[0]) if document.partition else "",
        legal_entity="",
        sequence=0,
        previous="",
        kind=body["kind"],
        purpose=body["purpose"],
        channel=None,
        decision=body["decision"],
        outcome="InForce",
        source=body["source"],
        legal_basis=None,
        text_version=evidence["textVersion"],
        locale=evidence["locale"],
        decided_at=in_milliseconds(datetime.fromisoformat(body["decidedAt"])),
        recorded_at=in_milliseconds(datetime.fromisoformat(body["recordedAt"])),
        valid_until=None,
        confirms=None,
        inherited=False,
        commitment="",
    )
    return Entry(core=core, personal=personal, hash="")


def _name(sequence: int) -> str:
    return f"{sequence:012d}"


IN_LEDGER: Final = Range("id", entry_id(CONSENT, _name(0)), entry_id(CONSENT, "9" * 12 + "~"))
