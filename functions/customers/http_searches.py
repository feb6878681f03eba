"""Finding and listing customers over HTTP."""

from dataclasses import asdict
from typing import Annotated, Literal

import azure.functions as func
from pydantic import Field

from functions._http.trigger import (
    CUSTOMER_SEARCH,
    Call,
    Operation,
    PageOf,
    PageQuery,
    Reply,
    serve,
)
from shared.core.errors import Invalid
from shared.core.values import Key
from shared.customers.directory.search import Position, list_customers, search_customers
from shared.customers.directory.search import SearchQuery as Search
from shared.customers.domain.search import By, CustomerItem
from shared.customers.external_ids.documents import ExternalId
from shared.customers.external_ids.finding import find_by_external_id

bp = func.Blueprint()

Scope = Literal["local", "company"]


class SearchQuery(PageQuery):
    q: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Words in any order; each must match the beginning of a word",
            examples=["karen ber"],
        ),
    ] = None
    by: Annotated[By | None, Field(description="Match in this field only", examples=["name"])] = (
        None
    )
    store: Annotated[
        Key | None,
        Field(description="Store whose address books decide what is local", examples=["HOUSTON"]),
    ] = None
    scope: Annotated[
        Scope | None,
        Field(
            description="local: customers of the address books of the store; company: all of them"
        ),
    ] = None
    external_id: Annotated[
        str | None,
        Field(
            pattern="^[^:]+:.+$",
            max_length=261,
            description="The customer of this id in another system: its name, a colon, and the id;"
            " alone, or with `store` and `scope`",
            examples=["web:u-8812"],
        ),
    ] = None


@serve(
    bp,
    Operation(
        "GET",
        "customers",
        who="EAH",
        returns=PageOf[CustomerItem],
        pos_operation=CUSTOMER_SEARCH,
        tag="Customers",
        refuses=(Invalid,),
    ),
)
async def find_customers(call: Call[SearchQuery, None]) -> Reply:
    """Search customers, or list the newest ones.

    Without `q`, customers are listed, newest first. Accents and case do not matter. A phone is
    found by four or more of its first or last digits. Each item contains in `match` what matched.
    A page can be short and still have a next one. The scope is `local` where a store is given,
    and else the company; `local` without a store means that of the caller. `externalId` finds the
    one active customer who has that id in another system.
    """
    query = call.query
    if query.external_id is not None:
        return await _by_external_id(call, query.external_id)
    position = call.position()
    search = Search(
        q=query.q,
        by=query.by,
        books=await _books(call),
        limit=query.limit,
        position=Position(*position) if position else None,
    )
    run = list_customers if not (query.q and query.q.strip()) else search_customers
    items, after = await run(search, context=call.context)
    call.shown = [item["id"] for item in items]
    return Reply(call.page(items, list(asdict(after).values()) if after else None))


async def _by_external_id(call: Call[SearchQuery, None], text: str) -> Reply:
    """Answer with the customer who has it, or nobody. Raises Invalid."""
    if call.query.q is not None or call.query.by is not None or call.query.cursor is not None:
        raise Invalid.at("/externalId", "alone", "It is found by itself, without q, by and cursor.")
    system, _, value = text.partition(":")
    external_id = ExternalId(system.strip(), value.strip())
    items = await find_by_external_id(external_id, books=await _books(call), context=call.context)
    call.shown = [item["id"] for item in items]
    return Reply(call.page(items, None))


async def _books(call: Call[SearchQuery, None]) -> tuple[str, ...] | None:
    """Return the address books that make a customer local, or None for the whole company."""
    query = call.query
    number = query.store
    if number is None:
        if query.scope != "local":
            return None
        number = call.caller.store_number
    if number is None:
        raise Invalid.at("/store", "required", "scope=local requires a store.")
    store = await call.backend.configuration.store(call.legal_entity, number, "/store")
    return None if query.scope == "company" else tuple(store.customer_address_books)
