"""Uploads of what channels did offline, over HTTP: sessions, and what a person has to decide."""

import base64
import hashlib
from typing import Annotated, Any, Literal

import azure.functions as func
from pydantic import Field

from functions._http import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from functions._http.operation import NDJSON
from functions._http.problems import DigestMismatch
from shared.core.errors import Invalid
from shared.offline import conflicts as usecases
from shared.offline.domain.uploads import (
    LARGEST_UPLOAD,
    ChannelNotFound,
    ConflictDecided,
    ConflictDecision,
    ConflictNotFound,
    ConflictNotSettled,
    DecisionNotPossible,
    OfflineConflict,
    OfflineCreationExcluded,
    Outcome,
    UploadedOperation,
    UploadSession,
    UploadSessionNotFound,
    UploadSessionRunning,
)
from shared.offline.uploads import check_channel, read_session, session_of, start_upload
from shared.ports.documents import Document

bp = func.Blueprint()

CUSTOMER_EDIT = 623
SESSIONS = "channels/{storeNumber}/upload-sessions"
CONFLICTS = "channels/{storeNumber}/conflicts"


class ResultQuery(PageQuery):
    status: Annotated[Outcome | None, Field(description="Only lines of which this became")] = None


class ConflictQuery(PageQuery):
    status: Annotated[
        Literal["open", "decided"], Field(description="Those to decide, or those decided")
    ] = "open"


class UploadView(UploadSession):
    operations: PageOf[UploadedOperation]


@serve(
    bp,
    Operation(
        "POST",
        SESSIONS,
        who="AH",
        returns=UploadSession,
        status=202,
        media_types=(NDJSON, "application/jsonl"),
        largest_body=LARGEST_UPLOAD,
        headers={"Digest": "sha-256=, in base64, of the body: a truncated one is refused whole"},
        tag="Distribution",
        refuses=(
            ChannelNotFound,
            DigestMismatch,
            OfflineCreationExcluded,
            UploadSessionRunning,
            Invalid,
        ),
    ),
)
async def upload_offline_operations(call: Call[NoQuery, bytes]) -> Reply:
    """Upload what a channel did while it was offline: one operation a line, in order per customer.

    Each is applied once, told by its operationId, however often it is sent: an upload that broke
    off is sent again whole. A channel has one running session; the same body again is that one.
    """
    _check_digest(call.headers.get("digest"), call.body)
    channel = call.path["storeNumber"]
    session = await start_upload(call.body, channel, context=call.context)
    location = call.url("channels", channel, "upload-sessions", session.id)
    return Reply(session, location=location)


@serve(
    bp,
    Operation(
        "GET",
        SESSIONS,
        who="EAH",
        returns=PageOf[UploadSession],
        tag="Distribution",
        refuses=(ChannelNotFound,),
    ),
)
async def list_upload_sessions(call: Call[PageQuery, None]) -> Reply:
    """List the upload sessions of a channel, newest first."""
    channel = call.path["storeNumber"]
    await check_channel(channel, call.context)
    page = await usecases.list_sessions(
        channel, limit=call.query.limit, continuation=call.position(), context=call.context
    )
    items = [_item(session_of(one), one.etag) for one in page.documents]
    return Reply(call.page(items, page.continuation))


@serve(
    bp,
    Operation(
        "GET",
        SESSIONS + "/{sessionId}",
        who="EAH",
        returns=UploadView,
        tag="Distribution",
        refuses=(UploadSessionNotFound,),
    ),
)
async def get_upload_session(call: Call[ResultQuery, None]) -> Reply:
    """Tell how far an upload has come, and page through what became of its lines."""
    session, etag = await read_session(
        call.path["storeNumber"], call.path["sessionId"], context=call.context
    )
    found, after = await usecases.list_results(
        session,
        call.query.status,
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    items: list[Any] = [one.model_dump(mode="json", by_alias=True) for one in found]
    view = session.model_dump(mode="json", by_alias=True)
    return Reply(view | {"operations": call.page(items, after)}, etag=etag)


@serve(
    bp,
    Operation(
        "GET",
        CONFLICTS,
        who="EAH",
        returns=PageOf[OfflineConflict],
        tag="Distribution",
        refuses=(ChannelNotFound,),
    ),
)
async def list_conflicts(call: Call[ConflictQuery, None]) -> Reply:
    """List what the uploads of a channel stopped at and a person has to decide, oldest first."""
    channel = call.path["storeNumber"]
    await check_channel(channel, call.context)
    page = await usecases.list_conflicts(
        channel,
        call.query.status.capitalize(),
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    items = [_item(_conflict(one), one.etag) for one in page.documents]
    return Reply(call.page(items, page.continuation))


@serve(
    bp,
    Operation(
        "GET",
        CONFLICTS + "/{operationId}",
        who="EAH",
        returns=OfflineConflict,
        tag="Distribution",
        refuses=(ConflictNotFound,),
    ),
)
async def get_conflict(call: Call[NoQuery, None]) -> Reply:
    """Read one conflict, field by field: what it was, what it is now, and what the channel did."""
    document = await usecases.read_conflict(
        call.path["storeNumber"], call.path["operationId"], context=call.context
    )
    return Reply(_conflict(document), etag=document.etag)


@serve(
    bp,
    Operation(
        "POST",
        CONFLICTS,
        who="EAH",
        returns=OfflineConflict,
        pos_operation=CUSTOMER_EDIT,
        tag="Distribution",
        refuses=(
            ConflictNotFound,
            ConflictDecided,
            ConflictNotSettled,
            DecisionNotPossible,
        ),
    ),
)
async def decide_conflict(call: Call[NoQuery, ConflictDecision]) -> Reply:
    """Decide about an operation that stopped, and go on with the later ones of that customer."""
    conflict, etag = await usecases.decide_conflict(
        call.path["storeNumber"], call.body, context=call.context
    )
    return Reply(conflict, etag=etag)


def _check_digest(given: str | None, body: bytes) -> None:
    """Raise DigestMismatch unless the sha-256 of the header, if there is one, is the body's."""
    algorithm, _, expected = (given or "").partition("=")
    if algorithm.strip().lower() != "sha-256":
        return
    if base64.b64encode(hashlib.sha256(body).digest()).decode() != expected.strip():
        raise DigestMismatch("The body is not the one that the Digest was made of.")


def _conflict(document: Document) -> OfflineConflict:
    return OfflineConflict.model_validate(document.body)


def _item(one: UploadSession | OfflineConflict, etag: str) -> dict[str, Any]:
    return one.model_dump(mode="json", by_alias=True) | {"etag": etag}
