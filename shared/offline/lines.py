"""The lines of an upload: applied in the order of each customer, with what became of each.

Where one of them stops, the customer's later ones of the channel are held back, until a person
has decided. What stops a customer is one document; whoever holds an operation back writes it too,
so that nothing is held back behind a stop that is lifted at the same moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid
from shared.core.evolve import evolve
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.offline.attempts import Line, apply_line, line_result, problem_of
from shared.offline.conflict_documents import (
    Stop,
    create_held,
    create_stop,
    load_conflict,
    load_stop,
    replace_stop,
    write_conflict,
)
from shared.offline.documents import commit, create_result, load_outcome
from shared.offline.domain.conflicts import Choice
from shared.offline.domain.uploads import (
    OfflineOperation,
    Outcome,
    UploadedOperation,
    UploadSession,
)
from shared.ports.documents import Operation


@dataclass(frozen=True, slots=True)
class Writes:
    """The result of a line, and what writes it."""

    result: UploadedOperation
    operations: Sequence[Operation]


async def apply_lines(
    lines: Sequence[Line], session: UploadSession, *, last: bool, context: Context
) -> list[Outcome]:
    """Apply the operations of one customer, in order.

    Raises Unavailable, unless it is the `last` attempt: then a line that meets it stops the
    customer, so that a person decides, and the order is kept.
    """
    return [await _apply_once(line, session, context, last=last) for line in lines]


async def _apply_once(
    line: Line, session: UploadSession, context: Context, *, last: bool
) -> Outcome:
    """Apply a line, or hold it back, and write what became of it."""

    async def attempt() -> Outcome:
        channel, operation = session.channel, line.operation
        stop = await load_stop(channel, line.customer, context) if line.customer else None
        if stop and operation:
            writes = _held_back(line, operation, stop, session)
        else:
            writes = await _applied(line, session, context, last=last)
        try:
            await commit(channel, writes.operations, context)
        except AlreadyExists:
            earlier = await load_outcome(session, line.number, context)
            if earlier is None:
                raise  # a stop was made for the customer at this moment
            return earlier
        return writes.result.status

    return await until_not_stale(attempt)


async def _applied(line: Line, session: UploadSession, context: Context, *, last: bool) -> Writes:
    applied = await apply_line(line, choice=Choice(), context=context, last=last)
    if applied.conflict is None:
        return _written(applied.result, session)
    stored = await load_conflict(session.channel, applied.conflict.operation_id, context)
    conflict = stored.value if stored else None
    if conflict and conflict.status == "Open" and conflict.customer_id != line.customer:
        return _written(_reused(line), session)
    stop = Stop(customer_id=line.customer, operation_id=applied.conflict.operation_id)
    operations = [
        create_result(applied.result, session.id),
        create_stop(stop),
        write_conflict(applied.conflict, stored.etag if stored else None),
    ]
    return Writes(applied.result, operations)


def _reused(line: Line) -> UploadedOperation:
    reused = Invalid.at(
        "/operationId", "operation-id-reused", "An operation of another customer has this id."
    )
    return line_result(line, "Refused", problem=problem_of(line.number, reused))


def _held_back(
    line: Line, operation: OfflineOperation, stop: Versioned[Stop], session: UploadSession
) -> Writes:
    """Hold it back, with its body, and count it in the stop that it waits behind."""
    result = line_result(line, "HeldBack", behind=stop.value.operation_id)
    operations = [
        create_held(result, session.id, operation, line.customer),
        replace_stop(stop, evolve(stop.value, held=stop.value.held + 1)),
    ]
    return Writes(result, operations)


def _written(result: UploadedOperation, session: UploadSession) -> Writes:
    return Writes(result, [create_result(result, session.id)])
