"""Download sessions over HTTP: what a channel is offered, and what it says of it."""

from typing import Annotated

import azure.functions as func
from pydantic import Field

from functions._channel import REFUSES, SEES, may_speak
from functions._http.trigger import (
    JSON,
    MERGE_PATCH,
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Reply,
    serve,
)
from shared.composition.telemetry import telemetry
from shared.distribution.domain.sessions import (
    DownloadSessionNotFound,
    SessionChange,
    SessionOutOfOrder,
    SessionSuspended,
    SessionTransition,
    Status,
)
from shared.distribution.runs.jobs import list_jobs
from shared.distribution.sessions.listing import Place, Wanted, list_sessions
from shared.distribution.sessions.telling import failure_of, find_session, tell
from shared.distribution.sessions.views import SessionView, etag_of, session_view

bp = func.Blueprint()

SESSIONS = "channels/{storeNumber}/download-sessions"
SESSION = f"{SESSIONS}/{{sessionId}}"


class SessionQuery(PageQuery):
    status: Annotated[Status | None, Field(description="Filter by state")] = None
    job: Annotated[
        str | None, Field(description="Filter by distribution job", examples=["1010"])
    ] = None


class SessionItem(SessionView):
    """A session of a list, with its version."""

    etag: str = Field(description="Version of the session, for If-Match", examples=["7d1e"])


@serve(
    bp,
    Operation(
        "GET",
        SESSIONS,
        who="EHA",
        open_to_associates=True,
        returns=PageOf[SessionItem],
        tag="Distribution",
        refuses=SEES,
    ),
)
async def list_download_sessions(call: Call[SessionQuery, None]) -> Reply:
    """List the download sessions of a channel.

    In the order of application: by job, then by number. `status=Available` is what to download
    next. What a full package takes the place of is `Canceled`, with `replacedBy`.
    """
    channel = await may_speak(call)
    position = call.position()
    page = await list_sessions(
        channel,
        Wanted(call.query.status, call.query.job),
        after=Place(*position) if position else None,
        limit=call.query.limit,
        context=call.context,
    )
    items = [
        session_view(one, channel).model_dump(mode="json", by_alias=True)
        | {"etag": etag_of(one, channel)}
        for one in page.sessions
    ]
    return Reply(call.page(items, list(page.place) if page.place else None))


@serve(
    bp,
    Operation(
        "GET",
        SESSION,
        who="EHA",
        open_to_associates=True,
        returns=SessionView,
        tag="Distribution",
        refuses=(*SEES, DownloadSessionNotFound),
    ),
)
async def get_download_session(call: Call[NoQuery, None]) -> Reply:
    """Get a download session.

    Its form may change: who cannot go on by deltas is offered the full form of the same number.
    """
    channel = await may_speak(call)
    session, _ = await find_session(channel, call.path["sessionId"], call.context)
    return Reply(session_view(session, channel), etag=etag_of(session, channel))


@serve(
    bp,
    Operation(
        "PATCH",
        SESSION,
        who="HA",
        returns=SessionView,
        if_match="required",
        media_types=(MERGE_PATCH, JSON),
        tag="Distribution",
        refuses=(
            *REFUSES,
            DownloadSessionNotFound,
            SessionTransition,
            SessionSuspended,
            SessionOutOfOrder,
        ),
    ),
)
async def update_download_session(call: Call[NoQuery, SessionChange]) -> Reply:
    """Update a download session: what became of it in the channel.

    `Applied` is accepted of the next package only, and moves the position of the channel. After
    `ApplyFailed` the sessions behind it are suspended; the third time in a row a full package
    takes the place of the one that fails. The same again changes nothing.
    """
    channel = await may_speak(call)
    session = await tell(
        channel,
        call.path["sessionId"],
        call.body,
        jobs=[stored.job.value for stored in await list_jobs(call.context)],
        if_match=call.version,
        context=call.context,
    )
    if call.body.status == "ApplyFailed":
        labels = {
            "libro.legal_entity": call.context.legal_entity,
            "libro.channel": channel.number,
            "libro.job": session.said.job,
            "libro.reason": failure_of(session.said),
        }
        telemetry().count("libro.distribution.apply_failed", 1, labels)
    return Reply(session_view(session, channel), etag=etag_of(session, channel))
