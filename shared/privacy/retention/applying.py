"""Applying a policy to one customer, or to one book."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from shared.context import Context
from shared.core.errors import Stale
from shared.customers.customers import read_customer
from shared.customers.domain.customers import Customer, CustomerNotFound
from shared.customers.holdings.ageing import Ageing
from shared.privacy.domain.erasures import ErasureBlocked, NewErasure
from shared.privacy.domain.retention import RetentionRun
from shared.privacy.erasing.emptying import Left, write_left
from shared.privacy.erasing.requesting import request_erasure
from shared.privacy.holds import holds_at
from shared.privacy.retention.last_activity import last_active_at

REASON: Final = "Not kept any longer by the retention policy"


class Outcome(NamedTuple):
    """What of one customer or book is too old, and whether something keeps it."""

    found: int = 0
    held: int = 0


NOTHING: Final = Outcome()


async def apply_to_customer(
    key: str, run: RetentionRun, ageing: Sequence[Ageing], context: Context
) -> Outcome:
    """Do, or count, what the policy says of a customer; what is held stays."""
    try:
        customer = (await read_customer(key, context=context)).value
    except CustomerNotFound:
        return NOTHING
    if customer.status == "Erased":
        return NOTHING
    return await _apply(customer, run, ageing, context)


async def _apply(
    customer: Customer, run: RetentionRun, ageing: Sequence[Ageing], context: Context
) -> Outcome:
    key = customer.id
    if customer.is_held or await holds_at(key, context.now, context):
        return Outcome(held=1)
    if run.data_class in {"inactive-customers", "deactivated-customers"}:
        return await _erase(customer, run, context)
    return await _remove(key, run, ageing, context)


async def apply_to_book(
    book: str, run: RetentionRun, ageing: Sequence[Ageing], context: Context
) -> Outcome:
    """Do, or count, what the policy says of a book."""
    return await _remove(book, run, ageing, context)


async def _erase(customer: Customer, run: RetentionRun, context: Context) -> Outcome:
    """Request the erasure of a customer who was not active for too long."""
    is_of_class = (customer.status == "Active") == (run.data_class == "inactive-customers")
    if not is_of_class or customer.modified_at >= run.before:
        return NOTHING
    if await last_active_at(customer, context) >= run.before:
        return NOTHING
    if not run.dry_run:
        try:
            await request_erasure(customer.id, NewErasure(reason=REASON), context=context)
        except ErasureBlocked:
            return Outcome(held=1)
    return Outcome(found=1)


async def _remove(
    name: str, run: RetentionRun, ageing: Sequence[Ageing], context: Context
) -> Outcome:
    found = 0
    for one in ageing:
        if one.data_class == run.data_class:
            found += await _empty(one, name, run.before, context, is_dry=run.dry_run)
    return Outcome(found=found)


async def _empty(
    ageing: Ageing, name: str, before: datetime, context: Context, *, is_dry: bool
) -> int:
    aged = [
        Left(found, ageing.empty(found.document.body))
        async for found in ageing.find(name, before, context)
    ]
    if is_dry:
        return len(aged)
    try:
        return await write_left(aged, context)
    except Stale:
        return 0  # somebody writes it now: it is looked at again in the next run
