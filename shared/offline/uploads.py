"""Upload sessions: what a channel did while it was offline, stored in chunks and worked through."""

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

from pydantic_core import from_json

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.errors import AlreadyExists, Invalid, Stale
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.jobs import work
from shared.jobs.cutting import Contents, cut
from shared.offline.channels import check_channel, check_creation
from shared.offline.documents import create_session, load_running, replace_session, uploads_of
from shared.offline.domain.uploads import (
    MAX_OPERATIONS,
    UploadSession,
    UploadSessionNotFound,
    UploadSessionRunning,
)
from shared.offline.lines import apply_lines
from shared.offline.reading import by_customer

ABANDONED_AFTER = timedelta(minutes=2)  # a session that is not whole then gives way to another
CUSTOMERS_AT_ONCE = 16  # whose operations are applied side by side
CheckChannel = Callable[[str, Context], Awaitable[None]]


async def start_upload(
    body: bytes, channel: str, *, check_may_create: CheckChannel, context: Context
) -> UploadSession:
    """Store the lines, in chunks, for the change feed to work through.

    The same body while it is being worked on is the same session. What is sent to channels is
    known above: `check_may_create` refuses a channel that lines create customers for, beside its
    profile and its group. Raises ChannelNotFound,
    OfflineCreationExcluded, UploadSessionRunning, TooManyLines, Invalid.
    """
    await check_channel(channel, context)
    contents = await cut(body)
    total = sum(len(lines) for lines in contents)
    if not 0 < total <= MAX_OPERATIONS:
        raise Invalid.at("", "count", f"An upload has 1 to {MAX_OPERATIONS} lines.")
    if any(_creates(text) for lines in contents for _, text in lines):
        await check_creation(channel, context)
        await check_may_create(channel, context)
    digest = hashlib.sha256(body).hexdigest()
    session_id = f"{context.now:%Y%m%d%H%M%S%f}-{digest[:12]}"
    session = UploadSession(
        id=session_id,
        legal_entity=context.legal_entity,
        batch=session_id,
        channel=channel,
        digest=digest,
        total=total,
        chunks=len(contents),
        created_at=context.now,
        created_by=context.actor,
    )
    session = await _occupy(session, context)
    if session.status != "Started":
        return session
    return await _store_chunks(session, contents, context)


async def read_session(
    channel: str, session_id: str, *, context: Context
) -> Versioned[UploadSession]:
    """Return the session. One point read. Raises UploadSessionNotFound."""
    stored = await uploads_of(channel, context).load(session_id)
    if stored is None:
        raise UploadSessionNotFound(f"There is no upload session {session_id}.")
    return stored


async def is_uploading(channel: str, context: Context) -> bool:
    """Return whether the channel has an upload session that has not ended. One point read."""
    return await load_running(channel, context) is not None


async def apply_next_lines(session: UploadSession, *, context: Context) -> bool:
    """Apply the next chunk of a session; return whether to go on at once.

    Each operation is marked in the commit that applies it. Raises Unavailable.
    """

    async def apply(session: UploadSession, attempt: work.Attempt) -> work.Applied:
        run = partial(apply_lines, session=session, last=attempt.last, context=context)
        customers = await by_customer(attempt.content, session, context)
        outcomes = await side_by_side(customers, run, at_once=CUSTOMERS_AT_ONCE)
        return work.Applied(Counter(outcome for some in outcomes for outcome in some))

    uploads = uploads_of(session.channel, context)
    return await work.work_through(uploads, session, apply, now=context.now)


def _creates(text: str) -> bool:
    """Look at the line as it is; what cannot be read is refused later, line by line."""
    with suppress(ValueError):
        body = from_json(text)
        return isinstance(body, dict) and body.get("type") == "create"
    return False


async def _occupy(session: UploadSession, context: Context) -> UploadSession:
    """Make it the running session of its channel, or return the one that it is the same as.

    Raises UploadSessionRunning.
    """

    async def attempt() -> UploadSession:
        with suppress(AlreadyExists):
            await create_session(session, context)
            return session
        running = await load_running(session.channel, context)
        if running is None:
            raise Stale("The session before it has ended at this moment.")
        other = await read_session(session.channel, running.value, context=context)
        if other.value.digest == session.digest:
            return other.value
        _check_abandoned(other.value, context)
        canceled = Versioned(other.value.canceled(context.now), other.etag)
        await replace_session(session, canceled, running, context)
        return session

    return await until_not_stale(attempt)


def _check_abandoned(session: UploadSession, context: Context) -> None:
    age = context.now - session.created_at
    if session.status != "Started" or age < ABANDONED_AFTER:
        raise UploadSessionRunning(
            f"The session {session.id} has not ended.",
            sessionId=session.id,
            progress=session.progress,
        )


async def _store_chunks(
    session: UploadSession, contents: Contents, context: Context
) -> UploadSession:
    """Store the chunks and then say that all are there; the same again changes nothing."""
    uploads = uploads_of(session.channel, context)
    await uploads.create_chunks(session, contents)
    stored = await read_session(session.channel, session.id, context=context)
    if stored.value.status != "Started":
        return stored.value
    uploaded = stored.value.uploaded(context.now)
    with suppress(Stale):  # the same request, side by side with itself
        await uploads.replace(stored, uploaded)
    return uploaded
