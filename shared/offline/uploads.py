"""Upload sessions: what a channel did while it was offline, kept in chunks and worked through."""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any

from pydantic_core import from_json

from shared.configuration.domain import collections as col
from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid, Stale
from shared.core.evolve import evolve
from shared.core.values import as_text
from shared.jobs.domain.lines import Line, chunks, lines
from shared.offline.documents import CONTAINER, KEPT
from shared.offline.domain.uploads import (
    MAX_OPERATIONS,
    ChannelNotFound,
    Outcome,
    UploadSession,
    UploadSessionNotFound,
    UploadSessionRunning,
    check_offline_creation,
)
from shared.offline.lines import Read, apply_lines, read_line
from shared.ports.documents import Create, Document, Operation, Partition, Put, Remove, Replace

SESSION, CHUNK, RUNNING = "upload-session", "upload-chunk", "upload-running"
ABANDONED = 120.0  # seconds after which a session that is not whole gives way to another
AT_ONCE = 16  # customers whose operations are applied side by side


async def start_upload(body: bytes, channel: str, *, context: Context) -> UploadSession:
    """Keep the lines, in chunks, for the change feed to work through.

    The same body while it is being worked on is the same session. Raises ChannelNotFound,
    OfflineCreationExcluded, UploadSessionRunning, Invalid.
    """
    await check_channel(channel, context)
    found = list(lines(body))
    if not 0 < len(found) <= MAX_OPERATIONS:
        raise Invalid.at("", "count", f"An upload has 1 to {MAX_OPERATIONS} lines.")
    if any(_creates(text) for _, text in found):
        await _check_creation(channel, context)
    parts = list(chunks(body))
    digest = hashlib.sha256(body).hexdigest()
    session = UploadSession(
        id=f"{context.now:%Y%m%d%H%M%S%f}-{digest[:12]}",
        legal_entity=context.legal_entity,
        channel=channel,
        digest=digest,
        total=len(found),
        chunks=len(parts),
        started_at=context.now,
        started_by=context.actor,
    )
    session = await _occupy(session, context)
    if session.status != "Started":
        return session
    return await _keep(session, parts, context)


async def read_session(
    channel: str, session_id: str, *, context: Context
) -> tuple[UploadSession, str]:
    """Return the session and its version. Raises UploadSessionNotFound."""
    document = await _header(context.partition(channel), session_id, context)
    return session_of(document), document.etag


async def work_through(channel: str, session_id: str, *, context: Context) -> bool:
    """Apply the next chunk of a session, and tell whether there is another.

    Coming twice, or dying half way, changes nothing: each operation is marked in the commit that
    applies it. Raises Unavailable, for the feed to come again.
    """
    place = context.partition(channel)
    header = await context.documents.read(CONTAINER, place, _header_id(session_id))
    if header is None or (session := session_of(header)).status != "Uploaded":
        return False
    number = session.chunks_done + 1
    chunk = await context.documents.read(CONTAINER, place, _chunk_id(session_id, number))
    if chunk is None:
        return True  # somebody else has just done it
    outcomes = await _apply(chunk.body["lines"], session, context)
    counted = session.counted(outcomes, context.now)
    done: list[Operation] = [
        Replace(_document(counted), header.etag),
        Remove(_chunk_id(session_id, number)),
    ]
    if counted.status == "Applied":
        done.append(Remove(RUNNING))
    with suppress(Stale):
        await context.documents.commit(CONTAINER, place, done)
    return counted.status != "Applied"


async def check_channel(channel: str, context: Context) -> None:
    if await context.configuration.find(context.legal_entity, col.STORES, channel) is None:
        raise ChannelNotFound(f"There is no channel {channel}.")


def session_of(document: Document) -> UploadSession:
    return UploadSession.model_validate(document.body | {"id": document.body["sessionId"]})


async def _check_creation(channel: str, context: Context) -> None:
    store = await context.configuration.store(context.legal_entity, channel, "/storeNumber")
    profile = store.functionality_profile and await context.configuration.find(
        context.legal_entity, col.PROFILES, store.functionality_profile
    )
    group = store.channel_database_group and await context.configuration.find(
        context.legal_entity, col.CHANNEL_GROUPS, store.channel_database_group
    )
    check_offline_creation(
        profile_allows=not profile or profile.create_customers_offline,
        filters_customers=bool(group and group.filter_shared_customer_data),
    )


def _creates(text: str) -> bool:
    """Tell it from the line as it is; what cannot be read is told of later, line by line."""
    with suppress(ValueError):
        body = from_json(text)
        return isinstance(body, dict) and body.get("type") == "create"
    return False


async def _occupy(session: UploadSession, context: Context) -> UploadSession:
    """Make it the running session of its channel, or return the one that it is the same as.

    Raises UploadSessionRunning.
    """
    place = context.partition(session.channel)
    mine = {"id": RUNNING, "session": session.id}
    with suppress(AlreadyExists):
        make = [Create(_document(session)), Create(mine)]
        await context.documents.commit(CONTAINER, place, make)
        return session
    running = await context.documents.read(CONTAINER, place, RUNNING)
    if running is None:
        raise Stale("The session before it ended this moment; send it again.")
    header = await _header(place, running.body["session"], context)
    other = session_of(header)
    if other.digest == session.digest:
        return other
    age = (context.now - other.started_at).total_seconds()
    if other.status != "Started" or age < ABANDONED:
        raise UploadSessionRunning(
            f"The session {other.id} is not done.", sessionId=other.id, progress=other.progress
        )
    canceled = _document(evolve(other, status="Canceled"))
    await context.documents.commit(
        CONTAINER,
        place,
        [
            Replace(canceled, header.etag),
            Replace(mine, running.etag),
            Create(_document(session)),
        ],
    )
    return session


async def _keep(
    session: UploadSession, parts: Sequence[Sequence[Line]], context: Context
) -> UploadSession:
    """Keep the chunks and then say that all are there; the same again changes nothing."""
    place = context.partition(session.channel)
    for number, part in enumerate(parts, start=1):
        chunk = {"id": _chunk_id(session.id, number), "type": CHUNK, "lines": part, "ttl": KEPT}
        await context.documents.commit(CONTAINER, place, [Put(chunk)])
    header = await _header(place, session.id, context)
    if session_of(header).status != "Started":
        return session_of(header)
    uploaded = evolve(session, status="Uploaded", uploaded_at=context.now)
    with suppress(Stale):  # the same request, side by side with itself
        await context.documents.commit(
            CONTAINER, place, [Replace(_document(uploaded), header.etag)]
        )
    return uploaded


async def _apply(chunk: Sequence[Line], session: UploadSession, context: Context) -> list[Outcome]:
    """Apply the lines of each customer in their order, customers side by side."""
    gate = asyncio.Semaphore(AT_ONCE)
    read = [await read_line(number, text, context=context) for number, text in chunk]
    read.sort(key=lambda one: one.customer)  # stable, so the order of each customer stays

    async def run(ones: list[Read]) -> list[Outcome]:
        async with gate:
            return await apply_lines(ones, session, context=context)

    groups = [list(ones) for _, ones in groupby(read, key=lambda one: one.customer)]
    done = await asyncio.gather(*(run(ones) for ones in groups))
    return [outcome for outcomes in done for outcome in outcomes]


async def _header(place: Partition, session_id: str, context: Context) -> Document:
    header = await context.documents.read(CONTAINER, place, _header_id(session_id))
    if header is None:
        raise UploadSessionNotFound(f"There is no upload session {session_id}.")
    return header


def _document(session: UploadSession) -> dict[str, Any]:
    ended = session.status in {"Applied", "Canceled"}
    return session.model_dump(mode="json", by_alias=True) | {
        "id": _header_id(session.id),
        "sessionId": session.id,
        "type": SESSION,
        "createdAt": as_text(session.started_at),
        **({"ttl": KEPT} if ended else {}),
    }


def _header_id(session_id: str) -> str:
    return f"{SESSION}:{session_id}"


def _chunk_id(session_id: str, number: int) -> str:
    return f"{CHUNK}:{session_id}:{number:05d}"
