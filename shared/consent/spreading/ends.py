"""The list of opt-ins that end, by when they do."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from shared.consent.points import PointKey, Settling
from shared.context import Context
from shared.core.values import as_text
from shared.ports.documents import Document, Partition, Put, Range, Remove

CONTAINER: Final = "directory"
EXPIRING: Final = "consent expiring"  # the bucket
SCHEMA_VERSION: Final = 1


async def enlist_ends(settlings: Iterable[Settling], context: Context) -> None:
    """Note when these decisions end, if they do; a second time changes nothing."""
    for settling in settlings:
        if settling.stamp.valid_until:
            await _enlist(settling.point, settling.stamp.valid_until, context)


async def query_ended(context: Context, *, limit: int) -> list[Document]:
    """Return points where an opt-in has ended, those first that ended first. One query."""
    page = await context.documents.query(
        CONTAINER, _partition(context), Range("id", end=as_text(context.now)), limit=limit
    )
    return list(page.documents)


async def delist_end(document: Document, context: Context) -> None:
    await context.documents.commit(CONTAINER, _partition(context), [Remove(document.id)])


def point_of_end(document: Document) -> PointKey:
    return PointKey(document.body["kind"], "", document.body["pointHash"])


async def _enlist(key: PointKey, at: datetime, context: Context) -> None:
    name = key.name(context)
    body = {
        "id": f"{as_text(at)} {name}",
        "kind": key.kind,
        "pointHash": name,
        "schemaVersion": SCHEMA_VERSION,
    }
    await context.documents.commit(CONTAINER, _partition(context), [Put(body)])


def _partition(context: Context) -> Partition:
    return context.partition(EXPIRING)
