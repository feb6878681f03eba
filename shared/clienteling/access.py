"""Who may look into which client book, and change it."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.clienteling.domain.client_books import FEATURE, NotYourClientBook
from shared.configuration.domain import collections as col
from shared.configuration.domain.features import FeatureOff
from shared.configuration.domain.pos_operations import (
    REASSIGN_CLIENTS,
    VIEW_OWN_BOOK,
    VIEW_STORE_BOOK,
)
from shared.configuration.domain.stores import ChannelNotFound, Store
from shared.configuration.permissions import EMPLOYEE, check_worker
from shared.configuration.workers import check_store, works_in
from shared.context import Context
from shared.ports.tokens import Claims


@dataclass(frozen=True, slots=True)
class Visitor:
    """The caller who looks into books, and the store that the caller works in now."""

    claims: Claims
    store: Store | None

    @property
    def personnel_number(self) -> str | None:
        return self.claims.personnel_number

    @property
    def is_associate(self) -> bool:
        """Return whether the rules for associates apply; head office may do everything."""
        return self.claims.role == EMPLOYEE

    @property
    def store_number(self) -> str | None:
        return self.store.store_number if self.store else None

    @property
    def language(self) -> str | None:
        """Return the language of the store, where there is one."""
        return self.store.language if self.store else None

    @property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.store.time_zone if self.store else "UTC")

    def today(self, now: datetime) -> date:
        """Return the day that it is in the store."""
        return now.astimezone(self.time_zone).date()


async def enter(claims: Claims, context: Context) -> Visitor:
    """Return the visitor. Raises FeatureOff while the company has no client books."""
    features = await context.configuration.features(context.legal_entity)
    if not features.get(FEATURE):
        raise FeatureOff(f"This requires the feature {FEATURE}.", feature=FEATURE)
    number = claims.store_number
    store = number and await context.configuration.find(context.legal_entity, col.STORES, number)
    return Visitor(claims, store or None)


async def may_read(claims: Claims, personnel_number: str, context: Context) -> Visitor:
    """Admit associates to their own book and to those of their store, head office to any.

    Raises FeatureOff, NotYourClientBook, PosOperationNotAllowed, WorkerInactive.
    """
    visitor = await enter(claims, context)
    if not visitor.is_associate:
        return visitor
    own = visitor.personnel_number == personnel_number
    await _check_operation(visitor, VIEW_OWN_BOOK if own else VIEW_STORE_BOOK, context)
    if not own:
        await _check_colleague(visitor, personnel_number, context)
    return visitor


async def may_change(
    claims: Claims, personnel_number: str, operation: int, context: Context
) -> Visitor:
    """Admit associates to their own book only, and head office to any. Raises as `may_read`."""
    visitor = await enter(claims, context)
    if visitor.is_associate:
        await _check_operation(visitor, operation, context)
        if visitor.personnel_number != personnel_number:
            raise NotYourClientBook("You may change your own client book only.")
    return visitor


async def may_reassign(claims: Claims, personnel_number: str, context: Context) -> Visitor:
    """Admit associates to hand over their own clients and those of their store.

    Raises as `may_read`.
    """
    visitor = await enter(claims, context)
    if visitor.is_associate:
        await _check_operation(visitor, REASSIGN_CLIENTS, context)
        if visitor.personnel_number != personnel_number:
            await _check_colleague(visitor, personnel_number, context)
    return visitor


async def may_see_store(claims: Claims, store_number: str, context: Context) -> Visitor:
    """Admit associates to the store that they work in; return them as visitors of that store.

    Raises ChannelNotFound, NotYourStore, and as `may_read`.
    """
    store = await context.configuration.find(context.legal_entity, col.STORES, store_number)
    if store is None:
        raise ChannelNotFound(f"There is no store {store_number}.")
    visitor = await enter(claims, context)
    if visitor.is_associate:
        await _check_operation(visitor, VIEW_STORE_BOOK, context)
        await check_store(claims, store_number, context)
    return Visitor(claims, store)


async def _check_operation(visitor: Visitor, operation: int, context: Context) -> None:
    await check_worker(visitor.claims, (operation,), context.legal_entity, context.configuration)


async def _check_colleague(visitor: Visitor, personnel_number: str, context: Context) -> None:
    if visitor.store is None or not await works_in(personnel_number, visitor.store, context):
        raise NotYourClientBook(f"{personnel_number} does not work in your store.")
