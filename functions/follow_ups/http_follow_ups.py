"""Follow-ups over HTTP: what an associate means to do for the clients in her book."""

from datetime import date
from typing import Annotated, Any

import azure.functions as func
from pydantic import Field

from functions._http import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from functions._http.operation import JSON, MERGE_PATCH
from functions.clienteling.access import ADD, BOOK_REFUSES, Visitor, may_change, may_read
from shared.clienteling.domain.client_books import ClientNotInBook
from shared.customers.customers import resolve
from shared.customers.domain.customers import CustomerInactive, CustomerNotFound
from shared.follow_ups import follow_ups as usecases
from shared.follow_ups.documents import read_follow_up
from shared.follow_ups.domain.follow_ups import (
    Completion,
    Due,
    FollowUp,
    FollowUpCanceled,
    FollowUpCompleted,
    FollowUpEdit,
    FollowUpNotFound,
    FollowUpView,
    NewFollowUp,
    Wanted,
)

bp = func.Blueprint()

FOLLOW_UPS = "client-books/{personnelNumber}/follow-ups"
FOLLOW_UP = FOLLOW_UPS + "/{followUpId}"
ONE_REFUSES = (*BOOK_REFUSES, FollowUpNotFound)


class FollowUpsQuery(PageQuery):
    due: Annotated[
        Due, Field(description="Today is that of the store; a week is seven days from today")
    ] = "all"
    status: Wanted = "open"


@serve(
    bp,
    Operation(
        "GET",
        FOLLOW_UPS,
        who="EH",
        returns=PageOf[FollowUpView],
        tag="Clienteling",
        refuses=BOOK_REFUSES,
    ),
)
async def list_follow_ups(call: Call[FollowUpsQuery, None]) -> Reply:
    """List the follow-ups of a client book, oldest due first: the open ones, if nothing is said."""
    number = call.path["personnelNumber"]
    today = _today(call, await may_read(call, number))
    # A list that is read over midnight goes on as it began.
    position = call.position() or {"today": today.isoformat(), "after": None}
    found, after = await usecases.list_follow_ups(
        number,
        usecases.Asked(call.query.due, call.query.status, date.fromisoformat(position["today"])),
        limit=call.query.limit,
        continuation=position["after"],
        context=call.context,
    )
    items = [
        one.seen(today).model_dump(mode="json", by_alias=True) | {"etag": _etag(one, today)}
        for one in found
    ]
    return Reply(call.page(items, after and position | {"after": after}))


@serve(
    bp,
    Operation(
        "POST",
        FOLLOW_UPS,
        who="EH",
        returns=FollowUpView,
        status=201,
        tag="Clienteling",
        refuses=(*ONE_REFUSES, ClientNotInBook, CustomerNotFound),
    ),
)
async def add_follow_up(call: Call[NoQuery, NewFollowUp]) -> Reply:
    """Plan to do something for a client by a day."""
    number = call.path["personnelNumber"]
    visitor = await may_change(call, number, ADD)
    key = await resolve(call.body.customer_id, context=call.context)
    kept = await usecases.add_follow_up(number, key, call.body, context=call.context)
    location = call.url("client-books", number, "follow-ups", kept.id)
    return _reply(call, kept, visitor, location)


@serve(
    bp,
    Operation(
        "GET",
        FOLLOW_UP,
        who="EH",
        returns=FollowUpView,
        tag="Clienteling",
        refuses=ONE_REFUSES,
    ),
)
async def get_follow_up(call: Call[NoQuery, None]) -> Reply:
    """Read one follow-up."""
    number = call.path["personnelNumber"]
    visitor = await may_read(call, number)
    found = await read_follow_up(number, call.path["followUpId"], context=call.context)
    return _reply(call, found, visitor)


@serve(
    bp,
    Operation(
        "PATCH",
        FOLLOW_UP,
        who="EH",
        returns=FollowUpView,
        if_match="required",
        media_types=(MERGE_PATCH, JSON),
        tag="Clienteling",
        refuses=(*ONE_REFUSES, ClientNotInBook, FollowUpCompleted),
    ),
)
async def edit_follow_up(call: Call[NoQuery, FollowUpEdit]) -> Reply:
    """Change a follow-up by JSON merge patch: its words, its day, or give it up."""
    number = call.path["personnelNumber"]
    visitor = await may_change(call, number, ADD)
    kept = await usecases.edit_follow_up(
        number,
        call.path["followUpId"],
        call.body,
        if_match=call.version.partition(".")[0],
        context=call.context,
    )
    return _reply(call, kept, visitor)


@serve(
    bp,
    Operation(
        "POST",
        FOLLOW_UP + "/completion",
        who="EH",
        returns=FollowUpView,
        tag="Clienteling",
        refuses=(
            *ONE_REFUSES,
            FollowUpCompleted,
            FollowUpCanceled,
            CustomerNotFound,
            CustomerInactive,
        ),
    ),
)
async def complete_follow_up(call: Call[NoQuery, Completion]) -> Reply:
    """Say what came of a follow-up; with an `activityType` an activity is noted too, once."""
    number = call.path["personnelNumber"]
    visitor = await may_change(call, number, ADD)
    done = await usecases.complete_follow_up(
        number,
        call.path["followUpId"],
        call.body,
        done_by=visitor.personnel_number,
        context=call.context,
    )
    store = visitor.store.store_number if visitor.store else None
    await usecases.note_completion(done, store=store, context=call.context)
    return _reply(call, done, visitor)


def _today(call: Call[Any, Any], visitor: Visitor) -> date:
    return call.now.astimezone(visitor.today_zone).date()


def _reply(
    call: Call[Any, Any], one: FollowUp, visitor: Visitor, location: str | None = None
) -> Reply:
    today = _today(call, visitor)
    return Reply(one.seen(today), etag=_etag(one, today), location=location)


def _etag(one: FollowUp, today: date) -> str:
    """Return the version of what is answered, which the day changes too."""
    return f"{one.etag}.{one.state(today)}"
