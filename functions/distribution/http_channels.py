"""Channels over HTTP: how far each has come, who speaks for it, and what it goes by."""

import hashlib
from typing import Final

import azure.functions as func
from pydantic import Field

from functions._channel import REFUSES, may_speak
from functions._http.trigger import (
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Reply,
    serve,
)
from shared.configuration.domain.stores import ChannelNotFound
from shared.core.values import Record
from shared.distribution.audience import read_audience
from shared.distribution.domain.tables import UPLOAD
from shared.distribution.offline_creation import may_create_offline
from shared.distribution.runs.jobs import list_jobs
from shared.distribution.sessions.overview import ChannelView, channel_view
from shared.distribution.sessions.registrations import (
    Registration,
    SubjectTaken,
    find_channel,
    read_registration,
    register,
)

bp = func.Blueprint()

REGISTRATION: Final = "channels/{storeNumber}/registration"


class ChannelSchedule(Record):
    """What a channel goes by."""

    download_every: int = Field(description="Seconds after which it looks for packages again")
    upload_every: str = Field(description="When it uploads: the schedule of job P-0001, NCRONTAB")
    exclusions: tuple[str, ...] = Field(description="Tables that are not sent to it")
    may_create_offline: bool = Field(description="Whether it may create customers offline")


@serve(
    bp,
    Operation(
        "GET",
        "channels",
        who="EAH",
        open_to_associates=True,
        returns=PageOf[ChannelView],
        tag="Distribution",
    ),
)
async def list_channels(call: Call[PageQuery, None]) -> Reply:
    """List the channels, and how far each has come with each distribution job.

    In the order of their numbers.
    """
    context = call.context
    numbers = sorted((await read_audience(context)).stores)
    start = call.position() or 0
    end = start + call.query.limit
    items = [
        (await channel_view(await find_channel(number, context), context)).model_dump(
            mode="json", by_alias=True
        )
        for number in numbers[start:end]
    ]
    return Reply(call.page(items, end if end < len(numbers) else None))


@serve(
    bp,
    Operation(
        "GET", REGISTRATION, who="HA", returns=Registration, tag="Distribution", refuses=REFUSES
    ),
)
async def get_channel_registration(call: Call[NoQuery, None]) -> Reply:
    """Get who speaks for a channel.

    A channel that nobody is registered for has a subject of null.
    """
    channel = await may_speak(call)
    registration = await read_registration(channel.number, call.context)
    return Reply(registration.value, etag=registration.etag or None)


@serve(
    bp,
    Operation(
        "PUT",
        REGISTRATION,
        who="H",
        returns=Registration,
        if_match="allowed",
        tag="Distribution",
        refuses=(ChannelNotFound, SubjectTaken),
    ),
)
async def put_channel_registration(call: Call[NoQuery, Registration]) -> Reply:
    """Update who speaks for a channel, and whether it is paused.

    The download sessions of a channel that is paused are suspended.
    """
    number = call.path["storeNumber"]
    registration = await register(
        number, call.body, if_match=call.if_match or "*", context=call.context
    )
    return Reply(registration.value, etag=registration.etag)


@serve(
    bp,
    Operation(
        "GET",
        "channels/{storeNumber}/schedule",
        who="HA",
        returns=ChannelSchedule,
        tag="Distribution",
        refuses=REFUSES,
    ),
)
async def get_channel_schedule(call: Call[NoQuery, None]) -> Reply:
    """Get what a channel goes by.

    When it downloads and uploads, what is not sent to it, and whether it may create customers
    offline.
    """
    channel = await may_speak(call)
    context = call.context
    parameters = await call.backend.configuration.parameters(call.legal_entity)
    jobs = [stored.job.value for stored in await list_jobs(context)]
    audience = await read_audience(context)
    excluded = [
        table
        for job in jobs
        for table in job.kind.tables
        if table not in audience.scope(channel.group, job).sent
    ]
    schedule = ChannelSchedule(
        download_every=parameters.download_every_seconds,
        upload_every=next(job.schedule for job in jobs if job.number == UPLOAD),
        exclusions=tuple(excluded),
        may_create_offline=await may_create_offline(channel.number, context),
    )
    return Reply(schedule, etag=_etag(schedule))


def _etag(schedule: ChannelSchedule) -> str:
    return hashlib.sha256(schedule.model_dump_json().encode()).hexdigest()[:20]
