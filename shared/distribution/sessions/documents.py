"""What a channel has said, as documents: its positions, and the sessions that it spoke of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.context import Context
from shared.core.versioned import Versioned
from shared.distribution.building.documents import remove_all
from shared.distribution.domain.sessions import Position, Said, session_id
from shared.ports.documents import Create, Document, Operation, Prefix, Range, Replace

CONTAINER: Final = "distribution"
POSITION, SESSION = "position", "download-session"
SCHEMA_VERSION: Final = 1
RETENTION_SECONDS: Final = 90 * 86_400


async def read_positions(channel: str, context: Context) -> dict[str, Versioned[Position]]:
    """Return the positions of a channel by job. One query."""
    documents = context.documents.all(
        CONTAINER, context.partition(channel), Prefix("id", f"{POSITION}:")
    )
    positions = [_position_of(document) async for document in documents]
    return {position.value.job: position for position in positions}


async def find_position(channel: str, job: str, context: Context) -> Versioned[Position] | None:
    """Return the position, or None before the first package is applied. One point read."""
    name = f"{POSITION}:{job}"
    document = await context.documents.read(CONTAINER, context.partition(channel), name)
    return _position_of(document) if document else None


async def forget_position(channel: str, job: str, context: Context) -> None:
    """Remove a position, so that the channel begins again. One commit."""
    await remove_all(context.partition(channel), [f"{POSITION}:{job}"], context)


async def forget_channel(channel: str, context: Context) -> None:
    """Remove how far the channel is and what it said. Two queries, a commit for each ninety."""
    where = context.partition(channel)
    for kind in (SESSION, POSITION):
        found = context.documents.all(CONTAINER, where, Prefix("id", f"{kind}:"))
        await remove_all(where, [document.id async for document in found], context)


async def said_above(
    channel: str, job: str, number: int, context: Context
) -> dict[str, Versioned[Said]]:
    """Return what was said of the sessions above a number. One query."""
    start = _session_name(session_id(job, number + 1))
    return await _query_said(channel, Range("id", start, f"{SESSION}:{job}-~"), 500, context)


async def said_up_to(channel: str, job: str, numbers: range, context: Context) -> list[Said]:
    """Return what was said of the first sessions with these numbers. One query."""
    start, end = (_session_name(session_id(job, one)) for one in (numbers.start, numbers.stop))
    found = await _query_said(channel, Range("id", start, end), 100, context)
    return [one.value for one in found.values()]


async def _query_said(
    channel: str, names: Range, limit: int, context: Context
) -> dict[str, Versioned[Said]]:
    where = context.partition(channel)
    found: dict[str, Versioned[Said]] = {}
    async for document in context.documents.all(CONTAINER, where, names, page_size=limit):
        said = _said_of(document)
        found[said.value.id] = said
    return found


async def find_said(channel: str, name: str, context: Context) -> Versioned[Said] | None:
    """Return what was said of a session, or None. One point read."""
    document = await context.documents.read(
        CONTAINER, context.partition(channel), _session_name(name)
    )
    return _said_of(document) if document else None


@dataclass(frozen=True, slots=True)
class Written:
    """A record to write, over the version that was read, or for the first time."""

    record: Said | Position
    before: Versioned[Said] | Versioned[Position] | None = None


async def write(channel: str, records: Sequence[Written], context: Context) -> None:
    """Write what was said, and where the channel is then. One commit. Raises Stale, AlreadyExists.

    Each only over what was read: two registers of a channel cannot both move it.
    """
    operations = [
        _over(_body(one.record), one.before.etag if one.before else None) for one in records
    ]
    await context.documents.commit(CONTAINER, context.partition(channel), operations)


def _over(body: dict[str, Any], etag: str | None) -> Operation:
    return Replace(body, etag) if etag else Create(body)


def _body(record: Said | Position) -> dict[str, Any]:
    return _session_body(record) if isinstance(record, Said) else _position_body(record)


def _session_name(name: str) -> str:
    return f"{SESSION}:{name}"


def _session_body(said: Said) -> dict[str, Any]:
    return said.model_dump(mode="json", by_alias=True) | {
        "id": _session_name(said.id),
        "session": said.id,
        "type": SESSION,
        "schemaVersion": SCHEMA_VERSION,
        "ttl": RETENTION_SECONDS,
    }


def _position_body(position: Position) -> dict[str, Any]:
    return position.model_dump(mode="json", by_alias=True) | {
        "id": f"{POSITION}:{position.job}",
        "type": POSITION,
        "schemaVersion": SCHEMA_VERSION,
    }


def _position_of(document: Document) -> Versioned[Position]:
    return Versioned(Position.model_validate(document.body), document.etag)


def _said_of(document: Document) -> Versioned[Said]:
    body = document.body
    return Versioned(Said.model_validate(body | {"id": body["session"]}), document.etag)
