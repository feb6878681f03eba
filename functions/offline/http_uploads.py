"""Uploads of what channels did offline, over HTTP: sessions, and what became of their lines."""

import base64
import hashlib
from typing import Annotated, Any

import azure.functions as func
from pydantic import Field

from functions._channel import REFUSES, SEES, may_look_after
from functions._http.problems import DigestMismatch
from functions._http.trigger import (
    CUSTOMER_EDIT,
    NDJSON,
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Reply,
    serve,
)
from shared.core.errors import Invalid
from shared.distribution.offline_creation import check_holds_customers
from shared.jobs.cutting import TooManyLines
from shared.offline.documents import query_results, query_sessions
from shared.offline.domain.uploads import (
    MAX_UPLOAD_BYTES,
    OfflineCreationExcluded,
    Outcome,
    UploadedOperation,
    UploadSessionNotFound,
    UploadSessionRunning,
)
from shared.offline.uploads import read_session, start_upload
from shared.offline.views import (
    UploadSessionView,
    upload_session_item,
    upload_session_view,
)

bp = func.Blueprint()

SESSIONS = "channels/{storeNumber}/upload-sessions"


class ResultQuery(PageQuery):
    status: Annotated[Outcome | None, Field(description="Filter lines by what became of them")] = (
        None
    )


class UploadSessionWithOperations(UploadSessionView):
    """How far an upload has come, and a page of what became of its lines."""

    operations: PageOf[UploadedOperation] = Field(description="Lines, in their order")


@serve(
    bp,
    Operation(
        "POST",
        SESSIONS,
        who="AH",
        returns=UploadSessionView,
        status=202,
        media_types=(NDJSON, "application/jsonl"),
        largest_body=MAX_UPLOAD_BYTES,
        headers={
            "Digest": "sha-256= and the digest of the body in base64; a truncated body is refused"
        },
        tag="Distribution",
        refuses=(
            *REFUSES,
            DigestMismatch,
            OfflineCreationExcluded,
            UploadSessionRunning,
            TooManyLines,
            Invalid,
        ),
    ),
)
async def upload_offline_operations(call: Call[NoQuery, bytes]) -> Reply:
    """Upload what a channel did while it was offline: one operation a line.

    The operations of each customer are applied in their order, in the background; Location is
    where to read how far that is. Each operation is applied once, by its operationId, however
    often it is sent, so an upload that broke off is sent again whole. A channel has one running
    session; the same body again is that session.
    """
    channel = (await may_look_after(call)).number
    _check_digest(call.headers.get("digest"), call.body)
    session = await start_upload(
        call.body, channel, check_may_create=check_holds_customers, context=call.context
    )
    location = call.url("channels", channel, "upload-sessions", session.id)
    return Reply(upload_session_view(session), location=location)


@serve(
    bp,
    Operation(
        "GET",
        SESSIONS,
        who="EAH",
        pos_operation=CUSTOMER_EDIT,
        returns=PageOf[UploadSessionView],
        tag="Distribution",
        refuses=SEES,
    ),
)
async def list_upload_sessions(call: Call[PageQuery, None]) -> Reply:
    """List the upload sessions of a channel.

    The newest come first, without their lines.
    """
    channel = (await may_look_after(call)).number
    sessions, continuation = await query_sessions(
        channel, limit=call.query.limit, continuation=call.position(), context=call.context
    )
    return Reply(call.page([upload_session_item(stored) for stored in sessions], continuation))


@serve(
    bp,
    Operation(
        "GET",
        SESSIONS + "/{sessionId}",
        who="EAH",
        pos_operation=CUSTOMER_EDIT,
        returns=UploadSessionWithOperations,
        tag="Distribution",
        refuses=(*SEES, UploadSessionNotFound),
    ),
)
async def get_upload_session(call: Call[ResultQuery, None]) -> Reply:
    """Get an upload session.

    The answer says how far it has come, with a page of its lines and what became of each.
    """
    channel = await may_look_after(call)
    stored = await read_session(channel.number, call.path["sessionId"], context=call.context)
    results, continuation = await query_results(
        stored.value,
        call.query.status,
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    items: list[Any] = [result.model_dump(mode="json", by_alias=True) for result in results]
    view = upload_session_view(stored.value).model_dump(mode="json", by_alias=True)
    return Reply(view | {"operations": call.page(items, continuation)}, etag=stored.etag)


def _check_digest(given: str | None, body: bytes) -> None:
    """Raise DigestMismatch unless the sha-256 of the header, if there is one, is the body's."""
    algorithm, _, expected = (given or "").partition("=")
    if algorithm.strip().lower() != "sha-256":
        return
    if base64.b64encode(hashlib.sha256(body).digest()).decode() != expected.strip():
        raise DigestMismatch("The digest of the body is not the one in the Digest header.")
