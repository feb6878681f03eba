"""Who may look into which client book, and change it: the caller of a request as a visitor."""

from typing import Any

from functions._http.trigger import Call
from shared.clienteling import access
from shared.clienteling.access import Visitor
from shared.clienteling.domain.client_books import ClientBookNotFound, NotYourClientBook
from shared.configuration.domain.features import FeatureOff

BOOK_REFUSES = (
    FeatureOff,
    NotYourClientBook,
    ClientBookNotFound,
)


async def enter(call: Call[Any, Any]) -> Visitor:
    return await access.enter(call.caller.verified, call.context)


async def may_read(call: Call[Any, Any], personnel_number: str) -> Visitor:
    return await access.may_read(call.caller.verified, personnel_number, call.context)


async def may_change(call: Call[Any, Any], personnel_number: str, operation: int) -> Visitor:
    return await access.may_change(call.caller.verified, personnel_number, operation, call.context)


async def may_reassign(call: Call[Any, Any], personnel_number: str) -> Visitor:
    return await access.may_reassign(call.caller.verified, personnel_number, call.context)


async def may_see_store(call: Call[Any, Any], store_number: str) -> Visitor:
    return await access.may_see_store(call.caller.verified, store_number, call.context)
