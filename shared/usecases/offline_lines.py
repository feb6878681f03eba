"""The lines of an upload: applied in the order of each customer, with what became of each.

Where one of them stops, the customer's later ones of the channel are held back, until a person
has decided. What stops a customer is one document; whoever holds back writes it too, so that
nothing is held back behind a stop that is lifted at the same moment.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from shared.domain.customers import CustomerNotFound
from shared.domain.flaws import flaws_of
from shared.domain.imports import LONGEST_LINE, refused
from shared.domain.uploads import (
    Choice,
    Flawed,
    OfflineConflict,
    OfflineOperation,
    Outcome,
    UploadedOperation,
    UploadSession,
)
from shared.domain.values import as_text
from shared.errors import AlreadyExists, Invalid, Refusal, Stale, Unavailable
from shared.ports import Create, Document, Operation, Put, Replace
from shared.usecases.errand import Errand
from shared.usecases.offline import Conflicted, apply_operation, customer_of
from shared.usecases.offline_parts import WAYS

CONTAINER = "distribution"
KEPT = 90 * 86400  # seconds that a session, and what became of its lines, can be asked about
RESULT, CONFLICT, STOP = "upload-result", "upload-conflict", "upload-stop"
MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class Read:
    """A line, understood or not. `customer` is her GUID, or what she is called if there is none."""

    line: int
    operation: OfflineOperation | None
    customer: str = ""
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of an operation, and the conflict if there is one."""

    result: UploadedOperation
    conflict: OfflineConflict | None = None


async def read_line(number: int, text: str, *, errand: Errand) -> Read:
    try:
        operation = _parse(text)
    except Invalid as exc:
        return Read(number, None, refusal=exc)
    try:
        return Read(number, operation, await customer_of(operation, errand))
    except CustomerNotFound:
        return Read(number, operation, operation.customer_id)


def _parse(text: str) -> OfflineOperation:
    if len(text) >= LONGEST_LINE:
        raise Invalid.at("", "line-too-long", f"A line has less than {LONGEST_LINE} characters.")
    try:
        return OfflineOperation.model_validate(from_json(text))
    except ValidationError as exc:
        raise Invalid(flaws_of(exc)) from None
    except ValueError as exc:
        raise Invalid.at("", "malformed-json", str(exc)) from None


async def apply_lines(
    ones: Sequence[Read], session: UploadSession, *, errand: Errand
) -> list[Outcome]:
    """Apply the operations of one customer, in order. Raises Unavailable."""
    return [await _apply_line(one, session, errand) for one in ones]


async def _apply_line(one: Read, session: UploadSession, errand: Errand) -> Outcome:
    place, name = errand.place(session.channel), result_id(session.id, one.line)
    for _ in range(MOST_TRIES):
        stop = await stop_of(session.channel, one.customer, errand) if one.operation else None
        if stop:
            operations = _held_back(one, stop, session)
        else:
            operations = await _tried(one, session, errand)
        # Already there: it is this line come twice, or a stop made for her this moment. Stale:
        # the stop was lifted, or another line was held back.
        with suppress(AlreadyExists, Stale):
            await errand.documents.commit(CONTAINER, place, operations)
        if known := await errand.documents.read(CONTAINER, place, name):
            outcome: Outcome = known.body["status"]
            return outcome
    raise Unavailable("The operations of this customer are contended.")


async def attempt(
    one: Read, session_id: str, channel: str, *, choice: Choice, errand: Errand
) -> Applied:
    """Try an operation and return what became of it. Raises Unavailable."""
    operation = one.operation
    if operation is None:
        return Applied(result_of(one, "Refused", problem=_flawed(one.line, one.refusal)))
    try:
        outcome, version = await apply_operation(
            operation, channel, WAYS, choice=choice, errand=errand
        )
    except Unavailable:
        raise
    except Stale as exc:
        raise Unavailable(exc.detail) from exc
    except Conflicted as exc:
        conflict = _conflict(one, operation, session_id, channel, errand)
        found = {"kind": exc.kind, "fields": exc.fields, "current_version": exc.version}
        return Applied(result_of(one, "Conflict"), conflict.model_copy(update=found))
    except Refusal as exc:
        problem = _flawed(one.line, exc)
        conflict = _conflict(one, operation, session_id, channel, errand)
        return Applied(
            result_of(one, "Refused", problem=problem),
            conflict.model_copy(update={"problem": problem}),
        )
    return Applied(result_of(one, outcome, version=version))


async def stop_of(channel: str, customer: str, errand: Errand) -> Document | None:
    return await errand.documents.read(CONTAINER, errand.place(channel), stop_id(customer))


def stop_document(conflict: OfflineConflict, held: int = 0) -> dict[str, Any]:
    return {
        "id": stop_id(conflict.customer_id),
        "type": STOP,
        "operationId": conflict.operation_id,
        "held": held,
    }


def result_document(result: UploadedOperation, session_id: str) -> dict[str, Any]:
    return result.model_dump(mode="json", by_alias=True) | {
        "id": result_id(session_id, result.line),
        "type": RESULT,
        "ttl": KEPT,
    }


def conflict_document(conflict: OfflineConflict) -> dict[str, Any]:
    """Return its document; one that is open stays until it is decided."""
    return conflict.model_dump(mode="json", by_alias=True) | {
        "id": conflict_id(conflict.operation_id),
        "type": CONFLICT,
        "createdAt": as_text(conflict.found_at),
        "ttl": -1 if conflict.status == "Open" else KEPT,
    }


def stop_id(customer: str) -> str:
    return f"{STOP}:{customer}"


def conflict_id(operation_id: str) -> str:
    return f"{CONFLICT}:{operation_id}"


def result_id(session_id: str, line: int) -> str:
    return f"{RESULT}:{session_id}:{line:07d}"


async def _tried(one: Read, session: UploadSession, errand: Errand) -> list[Any]:
    applied = await attempt(one, session.id, session.channel, choice=Choice(), errand=errand)
    writes: list[Operation] = [Create(result_document(applied.result, session.id))]
    if applied.conflict:
        writes.append(Create(stop_document(applied.conflict)))
        writes.append(Put(conflict_document(applied.conflict)))
    return writes


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
    one: Read, operation: OfflineOperation, session_id: str, channel: str, errand: Errand
) -> OfflineConflict:
    return OfflineConflict(
        operation_id=operation.operation_id,
        session_id=session_id,
        line=one.line,
        channel=channel,
        customer_id=one.customer,
        kind="refused",
        operation=operation,
        found_at=errand.now,
    )


def _flawed(line: int, refusal: Refusal | None) -> Flawed:
    told = refused(line, refusal or Invalid([]))
    return Flawed(code=told.code, detail=told.detail, errors=told.errors)
