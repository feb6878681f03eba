"""Follow-ups over HTTP: what an associate plans to do for clients."""

from datetime import date
from typing import Annotated, Any

import azure.functions as func
from pydantic import Field

from functions._customer import CLOSED
from functions._http.trigger import (
    ADD_CLIENT,
    JSON,
    MERGE_PATCH,
    VIEW_OWN_BOOK,
    VIEW_STORE_BOOK,
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Reply,
    serve,
)
from functions.clienteling.access import BOOK_REFUSES, may_change, may_read
from shared.clienteling.access import Visitor
from shared.clienteling.domain.client_books import ClientNotInBook
from shared.core.versioned import Versioned
from shared.customers.domain.customers import CustomerNotFound
from shared.follow_ups import follow_ups as usecases
from shared.follow_ups.documents import FollowUpQuery
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
    StatusFilter,
)

bp = func.Blueprint()

FOLLOW_UPS = "client-books/{personnelNumber}/follow-ups"
FOLLOW_UP = FOLLOW_UPS + "/{followUpId}"
ONE_REFUSES = (*BOOK_REFUSES, FollowUpNotFound)


class FollowUpsQuery(PageQuery):
    due: Annotated[
        Due,
        Field(
            description="Filter by due date, by today in the store; a week is seven days from today"
        ),
    ] = "all"
    status: Annotated[StatusFilter, Field(description="Filter by status")] = "open"


@serve(
    bp,
    Operation(
        "GET",
        FOLLOW_UPS,
        who="EH",
        book_operations=(VIEW_OWN_BOOK, VIEW_STORE_BOOK),
        returns=PageOf[FollowUpView],
        tag="Clienteling",
        refuses=BOOK_REFUSES,
    ),
)
async def list_follow_ups(call: Call[FollowUpsQuery, None]) -> Reply:
    """List the follow-ups of a client book, oldest due first.

    Without filters, the open ones.
    """
    number = call.path["personnelNumber"]
    visitor = await may_read(call, number)
    today = visitor.today(call.now)
    # A list that is read past midnight continues as it began.
    position = call.position() or {"today": today.isoformat(), "after": None}
    query_day = date.fromisoformat(position["today"])
    page = await usecases.list_follow_ups(
        number,
        FollowUpQuery(call.query.due, call.query.status, query_day),
        limit=call.query.limit,
        continuation=position["after"],
        context=call.context,
    )
    items = [
        stored.value.view(today).model_dump(mode="json", by_alias=True)
        | {"etag": _etag(stored, today)}
        for stored in page.follow_ups
    ]
    after = page.continuation
    return Reply(call.page(items, after and position | {"after": after}))


@serve(
    bp,
    Operation(
        "POST",
        FOLLOW_UPS,
        who="EH",
        book_operations=(ADD_CLIENT,),
        returns=FollowUpView,
        status=201,
        tag="Clienteling",
        refuses=(*ONE_REFUSES, ClientNotInBook, CustomerNotFound, *CLOSED),
    ),
)
async def add_follow_up(call: Call[NoQuery, NewFollowUp]) -> Reply:
    """Add a follow-up for a client of the book.

    Follow-ups that rules make are not added here: they appear by themselves when they are due.
    """
    number = call.path["personnelNumber"]
    visitor = await may_change(call, number, ADD_CLIENT)
    created = await usecases.add_follow_up(number, call.body, context=call.context)
    location = call.url("client-books", number, "follow-ups", created.value.id)
    return _reply(call, created, visitor, location)


@serve(
    bp,
    Operation(
        "GET",
        FOLLOW_UP,
        who="EH",
        book_operations=(VIEW_OWN_BOOK, VIEW_STORE_BOOK),
        returns=FollowUpView,
        tag="Clienteling",
        refuses=ONE_REFUSES,
    ),
)
async def get_follow_up(call: Call[NoQuery, None]) -> Reply:
    """Get a follow-up.

    The answer carries the ETag that an edit asks for.
    """
    number = call.path["personnelNumber"]
    visitor = await may_read(call, number)
    stored = await usecases.read_follow_up(number, call.path["followUpId"], context=call.context)
    return _reply(call, stored, visitor)


@serve(
    bp,
    Operation(
        "PATCH",
        FOLLOW_UP,
        who="EH",
        book_operations=(ADD_CLIENT,),
        returns=FollowUpView,
        if_match="required",
        media_types=(MERGE_PATCH, JSON),
        tag="Clienteling",
        refuses=(*ONE_REFUSES, ClientNotInBook, FollowUpCompleted),
    ),
)
async def edit_follow_up(call: Call[NoQuery, FollowUpEdit]) -> Reply:
    """Update a follow-up by JSON merge patch.

    Its subject and due date can be changed, and it can be canceled and opened again.
    """
    number = call.path["personnelNumber"]
    visitor = await may_change(call, number, ADD_CLIENT)
    edited = await usecases.edit_follow_up(
        number,
        call.path["followUpId"],
        call.body,
        if_match=call.version.partition(".")[0],
        context=call.context,
    )
    return _reply(call, edited, visitor)


@serve(
    bp,
    Operation(
        "POST",
        FOLLOW_UP + "/completion",
        who="EH",
        book_operations=(ADD_CLIENT,),
        returns=FollowUpView,
        tag="Clienteling",
        refuses=(
            *ONE_REFUSES,
            FollowUpCompleted,
            FollowUpCanceled,
            CustomerNotFound,
            *CLOSED,
        ),
    ),
)
async def complete_follow_up(call: Call[NoQuery, Completion]) -> Reply:
    """Complete a follow-up.

    With an `activityType`, an activity is added to the timeline of the customer. The same outcome
    again changes nothing.
    """
    number = call.path["personnelNumber"]
    visitor = await may_change(call, number, ADD_CLIENT)
    completed = await usecases.complete_follow_up(
        number,
        call.path["followUpId"],
        call.body,
        visitor=visitor,
        context=call.context,
    )
    return _reply(call, completed, visitor)


def _reply(
    call: Call[Any, Any],
    stored: Versioned[FollowUp],
    visitor: Visitor,
    location: str | None = None,
) -> Reply:
    today = visitor.today(call.now)
    return Reply(stored.value.view(today), etag=_etag(stored, today), location=location)


def _etag(stored: Versioned[FollowUp], today: date) -> str:
    """Return the version of what is answered, which changes with the day too."""
    return f"{stored.etag}.{stored.value.state(today)}"
