"""Holds, erasures and what is known of them later as documents: the only place that knows how."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

from shared.context import Context
from shared.core.evolve import evolve
from shared.core.values import as_text
from shared.core.versioned import Versioned
from shared.ports.documents import (
    Create,
    Document,
    Equal,
    Operation,
    Put,
    Remove,
    Replace,
)
from shared.privacy.domain.erasures import Erasure
from shared.privacy.domain.holds import Hold

CUSTOMERS: Final = "customers"
SETTINGS: Final = "settings"
HOLD: Final = "hold"
ERASURE: Final = "erasure"  # the id and the type
ERASURES: Final = "erasures"  # the partition of who was erased and when, for good
DUE: Final = "erasures-due"  # the partition of what the timer has to look at
SCHEMA_VERSION: Final = 1


async def find_hold(key: str, name: str, context: Context) -> Versioned[Hold] | None:
    """Return the hold, or None. One point read."""
    document = await context.documents.read(CUSTOMERS, context.partition(key), _hold_id(name))
    return _hold_of(document) if document else None


async def all_holds(key: str, context: Context) -> list[Versioned[Hold]]:
    """Return the holds of a customer, also those that are over. One query."""
    found = context.documents.all(CUSTOMERS, context.partition(key), Equal("type", HOLD))
    return [_hold_of(document) async for document in found]


def write_hold(hold: Hold, etag: str | None) -> Operation:
    body = hold.model_dump(mode="json", by_alias=True) | {
        "id": _hold_id(hold.name),
        "type": HOLD,
        "schemaVersion": SCHEMA_VERSION,
    }
    return Replace(body, etag) if etag else Create(body)


def remove_hold(name: str) -> Operation:
    return Remove(_hold_id(name))


async def find_erasure(key: str, context: Context) -> Versioned[Erasure] | None:
    """Return the erasure of a customer, or None. One point read."""
    document = await context.documents.read(CUSTOMERS, context.partition(key), ERASURE)
    return Versioned(Erasure.model_validate(document.body), document.etag) if document else None


def write_erasure(erasure: Erasure, etag: str | None) -> Operation:
    """Return what writes it over exactly the version that was read, or for the first time."""
    erasure = evolve(erasure, revision=erasure.revision + 1)
    body = erasure.model_dump(mode="json", by_alias=True) | {
        "id": ERASURE,
        "type": ERASURE,
        "schemaVersion": SCHEMA_VERSION,
    }
    return Replace(body, etag) if etag else Create(body)


async def commit(key: str, operations: list[Operation], context: Context) -> list[str]:
    """Do all operations in the customer's partition or none. Raises Stale, AlreadyExists."""
    return await context.documents.commit(CUSTOMERS, context.partition(key), operations)


async def commit_erasure(
    stored: Versioned[Erasure], erasure: Erasure, context: Context
) -> Versioned[Erasure]:
    """Write it over exactly the version that was read. Raises Stale."""
    [etag] = await commit(erasure.customer_id, [write_erasure(erasure, stored.etag)], context)
    return Versioned(erasure, etag)


async def note_due(key: str, at: datetime, context: Context) -> None:
    """Note when the timer has to look at the erasure of a customer."""
    body: dict[str, Any] = {"id": key, "at": as_text(at), "schemaVersion": SCHEMA_VERSION}
    await context.documents.commit(SETTINGS, (context.legal_entity, DUE), [Put(body)])


async def forget_due(key: str, context: Context) -> None:
    await context.documents.commit(SETTINGS, (context.legal_entity, DUE), [Remove(key)])


async def all_due(context: Context) -> AsyncIterator[tuple[str, datetime]]:
    """Yield the customers whose erasure has to be looked at, and from when on."""
    async for document in context.documents.all(SETTINGS, (context.legal_entity, DUE)):
        yield document.id, datetime.fromisoformat(document.body["at"])


async def note_erased(key: str, at: datetime, context: Context) -> None:
    """Note for good that the customer was erased: after a restore it is done again."""
    body: dict[str, Any] = {"id": key, "at": as_text(at), "schemaVersion": SCHEMA_VERSION}
    await context.documents.commit(SETTINGS, (context.legal_entity, ERASURES), [Put(body)])


async def all_erased(context: Context) -> AsyncIterator[tuple[str, datetime]]:
    """Yield who was erased, and when."""
    async for document in context.documents.all(SETTINGS, (context.legal_entity, ERASURES)):
        yield document.id, datetime.fromisoformat(document.body["at"])


def _hold_of(document: Document) -> Versioned[Hold]:
    return Versioned(Hold.model_validate(document.body), document.etag)


def _hold_id(name: str) -> str:
    return f"{HOLD}:{name}"
