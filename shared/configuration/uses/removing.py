"""Making sure that no customer uses a setting that is to be removed."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from shared.configuration.domain import collections as col
from shared.configuration.domain.collections import Use
from shared.configuration.uses import documents
from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.retry import until_not_stale
from shared.ports.documents import Document

AT_WORK: Final = timedelta(minutes=10)  # so long a use may be noted before the customer says so
KEPT: Final = timedelta(days=1)  # what was removed is known for longer than any writer works
MOST_COUNTED: Final = 1_000
PAGE_SIZE: Final = 200
AT_ONCE: Final = 8


class Counted(NamedTuple):
    """How many customers use a setting; `at_least` where there may be more."""

    customers: int
    at_least: bool

    def __str__(self) -> str:
        number = f"{self.customers:,} customer{'s' if self.customers > 1 else ''}"
        return f"at least {number}" if self.at_least else number


async def check_unused(collection: col.Collection[Any], key: str, context: Context) -> None:
    """Say that a setting is being removed, and raise StillInUse if customers use it.

    A query for each 200 uses up to 1,000, and a look at each customer until one uses it indeed.
    """
    use = Use(collection.name, key)
    if not await _announce(use, context):
        detail = f"Whether customers of before name {use} is not known; set active to false."
        raise col.StillInUse(detail, usedBy=[], customers=None)
    counted = await _count(collection, use, context)
    if counted.customers:
        await _withdraw(use, context)
        raise col.StillInUse(
            f"{use} is used by {counted}; set active to false instead.",
            usedBy=[],
            customers=counted.customers,
            customersAtLeast=counted.at_least,
        )


async def _count(collection: col.Collection[Any], use: Use, context: Context) -> Counted:
    continuation: str | None = None
    total, is_used = 0, False
    while total < MOST_COUNTED:
        page = await documents.query_uses(
            use, limit=PAGE_SIZE, continuation=continuation, context=context
        )
        found = page.documents
        if not is_used:
            look = partial(_is_used, collection, use, context=context)
            looks = await side_by_side(found, look, at_once=AT_ONCE)
            found = [one for one, used in zip(found, looks, strict=True) if used]
        is_used = is_used or bool(found)
        total += len(found)
        continuation = page.continuation
        if continuation is None:
            return Counted(total, at_least=False)
    return Counted(total, at_least=True)


async def _is_used(
    collection: col.Collection[Any], use: Use, document: Document, *, context: Context
) -> bool:
    """Return whether a use holds; one that has held for no customer for long is forgotten."""
    if not collection.still_names or await collection.still_names(document.id, use.key, context):
        return True
    at = datetime.fromisoformat(document.body["at"])
    if at + AT_WORK > datetime.now(UTC):
        return True
    await documents.remove_use(document.id, use, context)
    return False


async def _announce(use: Use, context: Context) -> bool:
    """Say that the setting is being removed; return whether uses are noted in this company."""

    async def attempt() -> bool:
        removals = await documents.find_removals(context)
        if removals is None:
            return False
        now = datetime.now(UTC)
        kept = {name: at for name, at in removals.value.items() if at + KEPT > now}
        await documents.write_removals(kept | {str(use): now}, removals.etag, context)
        return True

    return await until_not_stale(attempt)


async def _withdraw(use: Use, context: Context) -> None:
    async def attempt() -> None:
        removals = await documents.find_removals(context)
        if removals:
            others = {name: at for name, at in removals.value.items() if name != str(use)}
            await documents.write_removals(others, removals.etag, context)

    await until_not_stale(attempt)
