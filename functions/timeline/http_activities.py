"""Activities and the timeline of a customer over HTTP."""

from typing import Annotated, Any

import azure.functions as func
from pydantic import Field

from functions._customer import REFUSES, customer_key
from functions._http import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from functions._http.problems import BadQuery
from functions.clienteling.access import enter
from shared.configuration.domain.features import FeatureOff
from shared.core.errors import Flaw
from shared.core.formatting import languages
from shared.customers.domain.customers import CustomerInactive
from shared.timeline import activities as usecases
from shared.timeline.domain.activities import Activity, ActivityNotFound, NewActivity
from shared.timeline.timeline import STORED, Kind, TimelineEntry, list_timeline, worded

bp = func.Blueprint()

ACTIVITIES = "customers/{customerId}/activities"


class TimelineQuery(PageQuery):
    types: Annotated[
        str | None,
        Field(max_length=200, description=f"Some of {', '.join(STORED)}, with commas between"),
    ] = None


@serve(
    bp,
    Operation(
        "POST",
        ACTIVITIES,
        who="E",
        returns=Activity,
        status=201,
        tag="Clienteling",
        refuses=(*REFUSES, CustomerInactive, FeatureOff),
    ),
)
async def add_activity(call: Call[NoQuery, NewActivity]) -> Reply:
    """Note what was done with a customer, for every associate of the legal entity to see."""
    visitor = await enter(call)
    key = await customer_key(call)
    activity = await usecases.add_activity(
        key,
        call.body,
        associate=visitor.personnel_number,
        store=visitor.store.store_number if visitor.store else None,
        context=call.context,
    )
    [worded] = await usecases.in_words([activity], await _tags(call), call.context)
    location = call.url("customers", key, "activities", activity.id)
    return Reply(worded, etag=activity.etag, location=location)


@serve(
    bp,
    Operation(
        "GET",
        ACTIVITIES + "/{activityId}",
        who="E",
        returns=Activity,
        tag="Clienteling",
        refuses=(*REFUSES, ActivityNotFound, FeatureOff),
    ),
)
async def get_activity(call: Call[NoQuery, None]) -> Reply:
    """Read one activity."""
    await enter(call)
    key = await customer_key(call)
    found = await usecases.read_activity(key, call.path["activityId"], context=call.context)
    [worded] = await usecases.in_words([found], await _tags(call), call.context)
    return Reply(worded, etag=found.etag)


@serve(
    bp,
    Operation(
        "GET",
        ACTIVITIES,
        who="E",
        returns=PageOf[Activity],
        tag="Clienteling",
        refuses=(*REFUSES, FeatureOff),
    ),
)
async def list_activities(call: Call[PageQuery, None]) -> Reply:
    """List the activities of a customer, newest first."""
    found, after = await _listed(call, ["activity"])
    items = [
        one.activity.model_dump(mode="json", by_alias=True) | {"etag": one.activity.etag}
        for one in found
        if one.activity
    ]
    return Reply(call.page(items, after))


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}/timeline",
        who="E",
        returns=PageOf[TimelineEntry],
        tag="Clienteling",
        refuses=(*REFUSES, FeatureOff),
    ),
)
async def get_timeline(call: Call[TimelineQuery, None]) -> Reply:
    """List what happened to a customer, newest first: activities, notes, consents, book moves."""
    found, after = await _listed(call, _kinds(call.query.types))
    return Reply(call.page([one.model_dump(mode="json", by_alias=True) for one in found], after))


async def _listed(
    call: Call[Any, None], kinds: list[Kind]
) -> tuple[list[TimelineEntry], str | None]:
    await enter(call)
    found, after = await list_timeline(
        await customer_key(call),
        kinds,
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    return await worded(found, await _tags(call), call.context), after


def _kinds(text: str | None) -> list[Kind]:
    names = [name for name in dict.fromkeys((text or "").split(",")) if name]
    for name in names:
        if name not in STORED:
            raise BadQuery([Flaw("/types", "unknown-type", f"One of {', '.join(STORED)}.")])
    return [one for one in STORED if one in names]


async def _tags(call: Call[Any, Any]) -> tuple[str, ...]:
    company = await call.backend.configuration.company(call.legal_entity)
    return languages(call.headers.get("accept-language"), company.language)
