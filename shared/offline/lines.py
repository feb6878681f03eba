"""The lines of an upload: applied in the order of each customer, with what became of each.

Where one of them stops, the customer's later ones of the channel are held back, until a person
has decided. What stops a customer is one document; whoever holds back writes it too, so that
nothing is held back behind a stop that is lifted at the same moment.
"""

import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid, Refusal, Stale, Unavailable
from shared.core.evolve import evolve
from shared.core.flaws import flaws_of
from shared.customers.domain.customers import CustomerNotFound
from shared.customers.domain.imports import refused_line
from shared.jobs.domain.lines import MAX_LINE_LENGTH
from shared.offline.appliers import WAYS
from shared.offline.apply import Conflicted, apply_operation, customer_of
from shared.offline.documents import (
    CONTAINER,
    conflict_document,
    conflict_id,
    result_document,
    result_id,
    stop_document,
    stop_id,
)
from shared.offline.domain.uploads import (
    Choice,
    DecisionKind,
    Flawed,
    OfflineConflict,
    OfflineOperation,
    Outcome,
    UploadedOperation,
    UploadSession,
)
from shared.ports.documents import Create, Document, Replace

MOST_TRIES = 20
DEEPEST = 30  # levels


def unforeseen(exc: Exception) -> Flawed:
    """Return a fault of ours, without what it says, which may name a person."""
    [frame] = traceback.extract_tb(exc.__traceback__)[-1:]
    where = f"An unforeseen {type(exc).__name__} in {frame.name}, line {frame.lineno}."
    return Flawed(code="internal", detail=where)


@dataclass(frozen=True, slots=True)
class Read:
    """A line, understood or not. `customer` is her GUID, empty where nobody knows it."""

    line: int
    operation: OfflineOperation | None
    customer: str = ""
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of an operation, the conflict if there is one, and what had been decided."""

    result: UploadedOperation
    conflict: OfflineConflict | None = None
    decision: DecisionKind | None = None


async def read_line(number: int, text: str, *, context: Context) -> Read:
    try:
        operation = _parse(text)
    except Invalid as exc:
        return Read(number, None, refusal=exc)
    try:
        return Read(number, operation, await customer_of(operation, context))
    except CustomerNotFound as exc:
        # Nobody knows whom it is about, so nobody's later operations wait behind it.
        return Read(number, operation, refusal=exc)


def _parse(text: str) -> OfflineOperation:
    if len(text) >= MAX_LINE_LENGTH:
        raise Invalid.at("", "line-too-long", f"A line has less than {MAX_LINE_LENGTH} characters.")
    try:
        body = from_json(text)
        if _is_deep(body):
            raise Invalid.at("", "too-deep", f"A line is at most {DEEPEST} levels deep.")
        return OfflineOperation.model_validate(body)
    except ValidationError as exc:
        raise Invalid(flaws_of(exc)) from None
    except ValueError as exc:
        raise Invalid.at("", "malformed-json", str(exc)) from None


def _is_deep(value: Any, levels: int = DEEPEST) -> bool:
    """Tell what the store could not keep: Cosmos DB has its own limit for nesting."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels == 0 or any(_is_deep(one, levels - 1) for one in inner)


async def apply_lines(
    ones: Sequence[Read], session: UploadSession, *, context: Context
) -> list[Outcome]:
    """Apply the operations of one customer, in order. Raises Unavailable."""
    return [await _apply_line(one, session, context) for one in ones]


async def _apply_line(one: Read, session: UploadSession, context: Context) -> Outcome:
    place, name = context.partition(session.channel), result_id(session.id, one.line)
    for _ in range(MOST_TRIES):
        stop = await stop_of(session.channel, one.customer, context) if one.customer else None
        if stop:
            operations = _held_back(one, stop, session)
        else:
            operations = await _tried(one, session, context)
        # Already there: it is this line come twice, or a stop made for her this moment. Stale:
        # the stop was lifted, or another line was held back.
        with suppress(AlreadyExists, Stale):
            await context.documents.commit(CONTAINER, place, operations)
        if known := await context.documents.read(CONTAINER, place, name):
            outcome: Outcome = known.body["status"]
            return outcome
    raise Unavailable("The operations of this customer are contended.")


async def attempt(
    one: Read, session_id: str, channel: str, *, choice: Choice, context: Context
) -> Applied:
    """Try an operation and return what became of it. Raises Unavailable."""
    operation = one.operation
    if operation is None or one.refusal:
        return Applied(result_of(one, "Refused", problem=_flawed(one.line, one.refusal)))
    try:
        effect = await apply_operation(operation, channel, WAYS, choice=choice, context=context)
    except Unavailable:
        raise
    except Stale as exc:
        raise Unavailable(exc.detail) from exc
    except Conflicted as exc:
        conflict = _conflict(one, operation, session_id, channel, context)
        conflict = evolve(conflict, kind=exc.kind, fields=exc.fields, current_version=exc.version)
        return Applied(result_of(one, "Conflict"), conflict)
    except Exception as exc:  # noqa: BLE001  # one line must not stop the uploads of all channels
        problem = _flawed(one.line, exc) if isinstance(exc, Refusal) else unforeseen(exc)
        conflict = _conflict(one, operation, session_id, channel, context)
        return Applied(
            result_of(one, "Refused", problem=problem),
            evolve(conflict, problem=problem),
        )
    result = result_of(one, effect.outcome, version=effect.version)
    return Applied(result, decision=effect.decision)


async def stop_of(channel: str, customer: str, context: Context) -> Document | None:
    return await context.documents.read(CONTAINER, context.partition(channel), stop_id(customer))


async def _tried(one: Read, session: UploadSession, context: Context) -> list[Any]:
    applied = await attempt(one, session.id, session.channel, choice=Choice(), context=context)
    if applied.conflict is None:
        return [Create(result_document(applied.result, session.id))]
    known = await context.documents.read(
        CONTAINER, context.partition(session.channel), conflict_id(applied.conflict.operation_id)
    )
    if known and known.body["status"] == "Open" and known.body["customerId"] != one.customer:
        reused = Invalid.at("/operationId", "operation-id-reused", "Another customer has it.")
        result = result_of(one, "Refused", problem=_flawed(one.line, reused))
        return [Create(result_document(result, session.id))]
    document = conflict_document(applied.conflict)
    return [
        Create(result_document(applied.result, session.id)),
        Create(stop_document(applied.conflict)),
        Replace(document, known.etag) if known else Create(document),
    ]


def _held_back(one: Read, stop: Document, session: UploadSession) -> list[Any]:
    """Hold it back, with its body, and count it in the stop that it waits behind."""
    result = result_of(one, "HeldBack", behind=stop.body["operationId"])
    kept = {"operation": one.operation and one.operation.model_dump(mode="json", by_alias=True)}
    held = {"session": session.id, "heldFor": one.customer, "ttl": -1}
    return [
        Create(result_document(result, session.id) | kept | held),
        Replace(stop.body | {"held": stop.body["held"] + 1}, stop.etag),
    ]


def result_of(one: Read, status: Outcome, **more: Any) -> UploadedOperation:
    operation = one.operation
    named = (
        {
            "operation_id": operation.operation_id,
            "type": operation.type,
            "customer_id": operation.customer_id,
            "at": operation.at,
        }
        if operation
        else {}
    )
    return UploadedOperation(line=one.line, status=status, **named, **more)


def _conflict(
    one: Read, operation: OfflineOperation, session_id: str, channel: str, context: Context
) -> OfflineConflict:
    return OfflineConflict(
        operation_id=operation.operation_id,
        session_id=session_id,
        line=one.line,
        channel=channel,
        customer_id=one.customer,
        kind="refused",
        operation=operation,
        found_at=context.now,
    )


def _flawed(line: int, refusal: Refusal | None) -> Flawed:
    told = refused_line(line, refusal or Invalid([]))
    return Flawed(code=told.code, detail=told.detail, errors=told.errors)
