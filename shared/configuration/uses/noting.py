"""Noting that a customer is about to name settings."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from shared.configuration import documents as settings
from shared.configuration.domain import collections as col
from shared.configuration.domain.collections import Use
from shared.configuration.uses import documents
from shared.context import Context
from shared.core.errors import Flaw, Invalid, Stale
from shared.core.retry import until_not_stale

REMOVED_WITHIN: Final = timedelta(minutes=1)


class Named(NamedTuple):
    """A setting, and where a request or a record names it."""

    use: Use
    pointer: str


async def note_uses(key: str, named: Sequence[Named], context: Context) -> None:
    """Note that a customer is about to name the settings.

    A write for each and a point read; more while one of them is being removed. Raises Invalid for
    a setting that was removed meanwhile, and Unavailable where that is not settled in time.
    """
    if not named:
        return
    now = datetime.now(UTC)
    await documents.put_uses(key, [one.use for one in named], now, context)

    async def attempt() -> None:
        removals = await documents.find_removals(context)
        for use, pointer in named:
            since = removals.value.get(str(use)) if removals else None
            if since:
                await _check_kept(use, pointer, now - since, context)

    await until_not_stale(attempt)


async def _check_kept(use: Use, pointer: str, age: timedelta, context: Context) -> None:
    """Raise Invalid for a setting that is gone, and Stale while nobody can say."""
    collection = col.collection(use.collection)
    store, company = context.documents, context.legal_entity
    if await settings.find_setting(store, company, collection, use.key) is None:
        detail = f"{use} was removed at this moment."
        raise Invalid([Flaw(pointer, f"unknown-{col.noun(use.collection)}", detail)])
    if age < REMOVED_WITHIN:
        raise Stale(f"{use} is being removed at this moment.")
