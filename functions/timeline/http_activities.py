"""Activities and the timeline of a customer over HTTP."""

from typing import Annotated, Any

import azure.functions as func
from pydantic import Field

from functions._customer import CLOSED, REFUSES, customer_key
from functions._http.problems import BadQuery
from functions._http.trigger import (
    CUSTOMER_EDIT,
    CUSTOMER_READ,
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Reply,
    serve,
)
from functions.clienteling.access import enter
from shared.configuration.domain.features import FeatureOff
from shared.core.errors import Flaw
from shared.core.language.formatting import languages
from shared.timeline import activities as usecases
from shared.timeline import timeline
from shared.timeline.domain.activities import ActivityNotFound, ActivityView, NewActivity
from shared.timeline.timeline import TYPES
from shared.timeline.views import Kind, ListedActivity, TimelineEntry

bp = func.Blueprint()

ACTIVITIES = "customers/{customerId}/activities"


class TimelineQuery(PageQuery):
    types: Annotated[
        str | None,
        Field(
            max_length=200, description=f"Kinds of entry, separated by commas: {', '.join(TYPES)}"
        ),
    ] = None


@serve(
    bp,
    Operation(
        "POST",
        ACTIVITIES,
        who="E",
        pos_operation=CUSTOMER_EDIT,
        returns=ActivityView,
        status=201,
        tag="Clienteling",
        refuses=(*REFUSES, *CLOSED, FeatureOff),
    ),
)
async def add_activity(call: Call[NoQuery, NewActivity]) -> Reply:
    """Add an activity to the timeline of a customer.

    Every associate of the legal entity can see it.
    """
    visitor = await enter(call)
    key = await customer_key(call)
    activity = await usecases.add_activity(
        key,
        call.body,
        associate=visitor.personnel_number,
        store=visitor.store_number,
        context=call.context,
    )
    view = await usecases.localized(activity.value, await _tags(call), call.context)
    location = call.url("customers", key, "activities", activity.value.id)
    return Reply(view, etag=activity.etag, location=location)


@serve(
    bp,
    Operation(
        "GET",
        ACTIVITIES + "/{activityId}",
        who="E",
        pos_operation=CUSTOMER_READ,
        returns=ActivityView,
        tag="Clienteling",
        refuses=(*REFUSES, ActivityNotFound, FeatureOff),
    ),
)
async def get_activity(call: Call[NoQuery, None]) -> Reply:
    """Get an activity.

    `label` names its type in the language of Accept-Language.
    """
    await enter(call)
    key = await customer_key(call)
    activity = await usecases.read_activity(key, call.path["activityId"], context=call.context)
    view = await usecases.localized(activity.value, await _tags(call), call.context)
    return Reply(view, etag=activity.etag)


@serve(
    bp,
    Operation(
        "GET",
        ACTIVITIES,
        who="E",
        pos_operation=CUSTOMER_READ,
        returns=PageOf[ListedActivity],
        tag="Clienteling",
        refuses=(*REFUSES, FeatureOff),
    ),
)
async def list_activities(call: Call[PageQuery, None]) -> Reply:
    """List the activities of a customer.

    The newest come first; `label` names the type in the language of Accept-Language.
    """
    await enter(call)
    page = await timeline.list_activities(
        await customer_key(call),
        await _tags(call),
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    items = [activity.model_dump(mode="json", by_alias=True) for activity in page.activities]
    return Reply(call.page(items, page.continuation))


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}/timeline",
        who="E",
        pos_operation=CUSTOMER_READ,
        returns=PageOf[TimelineEntry],
        tag="Clienteling",
        refuses=(*REFUSES, FeatureOff),
    ),
)
async def get_timeline(call: Call[TimelineQuery, None]) -> Reply:
    """List the timeline of a customer, newest first.

    Its entries are activities, notes, consent decisions and moves between client books.
    """
    await enter(call)
    page = await timeline.list_timeline(
        await customer_key(call),
        timeline.EntryQuery(_kinds(call.query.types), await _tags(call)),
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    items = [entry.model_dump(mode="json", by_alias=True) for entry in page.entries]
    return Reply(call.page(items, page.continuation))


def _kinds(text: str | None) -> list[Kind]:
    names = [name for name in dict.fromkeys((text or "").split(",")) if name]
    for name in names:
        if name not in TYPES:
            raise BadQuery([Flaw("/types", "unknown-type", f"One of {', '.join(TYPES)}.")])
    return [kind for kind in TYPES if kind in names]


async def _tags(call: Call[Any, Any]) -> tuple[str, ...]:
    company = await call.backend.configuration.company(call.legal_entity)
    return languages(call.headers.get("accept-language"), company.language)
