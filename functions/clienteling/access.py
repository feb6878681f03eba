"""Who may look into which client book, and change it."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from functions._http import Call, PageQuery, Reply
from functions._http.caller import PosOperationNotAllowed, WorkerInactive, check_pos_operation
from shared.clienteling.card_facets import count_facets
from shared.clienteling.card_pages import Asked, page_of_cards
from shared.clienteling.card_views import views, wanted
from shared.clienteling.domain.card_filters import both, parse_facets, parse_filters, parse_sort
from shared.clienteling.domain.client_books import (
    FEATURE,
    ClientBookNotFound,
    NotYourClientBook,
    NotYourStore,
)
from shared.configuration.domain import collections as col
from shared.configuration.domain.features import FeatureOff
from shared.configuration.domain.stores import Store
from shared.configuration.workers import works_in
from shared.customers.named_settings import definitions

BOOK_REFUSES = (
    FeatureOff,
    NotYourClientBook,
    ClientBookNotFound,
    PosOperationNotAllowed,
    WorkerInactive,
)
VIEW_OWN, VIEW_STORE, ADD, REMOVE, REASSIGN = 712, 713, 714, 715, 716


class CardsQuery(PageQuery):
    filter: Annotated[
        tuple[str, ...],
        Field(
            description="May be repeated, and all must hold: name:eq:value, name:in:a|b, "
            "name:ge:value, name:le:value, name:within:30 (days), name:exists, name:prefix:kar"
        ),
    ] = ()
    sort: Annotated[
        str | None,
        Field(
            max_length=100,
            description="name, addedAt, lastActivityAt or a refinable attribute; - turns it round",
        ),
    ] = None
    facets: Annotated[
        str | None,
        Field(max_length=1000, description="Refinable attributes to count, with commas between"),
    ] = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks into books: her own number, and the store that she works in now."""

    personnel_number: str | None
    store: Store | None

    @property
    def today_zone(self) -> ZoneInfo:
        return ZoneInfo(self.store.time_zone if self.store else "UTC")


async def enter(call: Call[Any, Any]) -> Visitor:
    """Return the visitor. Raises FeatureOff while the company has no client books."""
    features = await call.backend.configuration.features(call.legal_entity)
    if not features.get(FEATURE):
        raise FeatureOff(f"It takes the feature {FEATURE}.", feature=FEATURE)
    claims = call.caller.claims
    number = claims.store_number if claims else None
    store = number and await call.backend.configuration.find(call.legal_entity, col.STORES, number)
    return Visitor(claims.personnel_number if claims else None, store or None)


async def may_read(call: Call[Any, Any], personnel_number: str) -> Visitor:
    """Let an associate into her own book, and into those of her store; head office everywhere."""
    visitor = await enter(call)
    if call.caller.role != "Employee":
        return visitor
    own = visitor.personnel_number == personnel_number
    await _check(call, VIEW_OWN if own else VIEW_STORE)
    if not own:
        await _check_colleague(call, visitor, personnel_number)
    return visitor


async def may_change(call: Call[Any, Any], personnel_number: str, operation: int) -> Visitor:
    """Let an associate change her own book only, and head office any."""
    visitor = await enter(call)
    if call.caller.role == "Employee":
        await _check(call, operation)
        if visitor.personnel_number != personnel_number:
            raise NotYourClientBook("You may change your own client book only.")
    return visitor


async def may_reassign(call: Call[Any, Any], personnel_number: str) -> Visitor:
    """Let whoever holds the permission hand over her own clients, and those of her store."""
    visitor = await enter(call)
    if call.caller.role == "Employee":
        await _check(call, REASSIGN)
        if visitor.personnel_number != personnel_number:
            await _check_colleague(call, visitor, personnel_number)
    return visitor


async def may_see_store(call: Call[Any, Any], store: Store) -> Visitor:
    visitor = await enter(call)
    if call.caller.role == "Employee":
        await _check(call, VIEW_STORE)
        here = visitor.store and visitor.store.store_number == store.store_number
        if not here and not await works_in(visitor.personnel_number or "", store, call.context):
            raise NotYourStore(f"You do not work in the store {store.store_number}.")
    return Visitor(visitor.personnel_number, store)


async def _check(call: Call[Any, Any], operation: int) -> None:
    await check_pos_operation(call.caller, operation, call.legal_entity, call.backend.configuration)


async def _check_colleague(call: Call[Any, Any], visitor: Visitor, personnel_number: str) -> None:
    if visitor.store is None or not await works_in(personnel_number, visitor.store, call.context):
        raise NotYourClientBook(f"{personnel_number} does not work in your store.")


async def answer_cards(
    call: Call[CardsQuery, Any], associates: tuple[str, ...], visitor: Visitor
) -> Reply:
    """Answer a page of the cards that are asked for, with facets if they are."""
    how = await wanted(
        call.headers.get("accept-language"),
        visitor.store.language if visitor.store else None,
        call.context,
    )
    possible = both(await definitions(call.context), how.definitions)
    today: date = call.now.astimezone(visitor.today_zone).date()
    asked = Asked(
        associates,
        parse_filters(call.query.filter, possible, visitor.today_zone),
        parse_sort(call.query.sort, possible),
        today,
    )
    names = parse_facets(call.query.facets, possible)
    cards, after = await page_of_cards(
        asked, limit=call.query.limit, position=call.position(), context=call.context
    )
    shown, insights = await views(cards, how, context=call.context)
    page = call.page([one.model_dump(mode="json", by_alias=True) for one in shown], after)
    page["insights"] = insights
    if names:
        page["facets"] = await count_facets(asked, names, context=call.context)
    return Reply(page)
