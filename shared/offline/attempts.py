"""One attempt at an operation: applied, refused, or stopped for a person to decide."""

import logging
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from shared.context import Context
from shared.core.errors import Invalid, Refusal, Stale, Unavailable
from shared.core.evolve import evolve
from shared.core.traces import trace_of
from shared.customers.domain.imports import refused_line
from shared.jobs.work import INTERNAL
from shared.offline.apply import apply_operation
from shared.offline.domain.conflicts import Choice, DecisionKind, OfflineConflict
from shared.offline.domain.uploads import (
    OfflineOperation,
    OperationProblem,
    Outcome,
    UploadedOperation,
)
from shared.offline.offline_change import OperationResult

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """A line, understood or not. `customer` is their GUID, empty where it is not known."""

    session_id: str
    channel: str
    number: int
    operation: OfflineOperation | None = None
    customer: str = ""
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of a line, the conflict if there is one, and what had been decided."""

    result: UploadedOperation
    conflict: OfflineConflict | None = None
    decision: DecisionKind | None = None


async def apply_line(
    line: Line, *, choice: Choice, context: Context, last: bool = False
) -> LineResult:
    """Try an operation and return what became of it. Raises Stale, and Unavailable unless `last`.

    A fault of ours stops this customer, and not the uploads of all channels.
    """
    operation = line.operation
    if operation is None or line.refusal:
        problem = problem_of(line.number, line.refusal or Invalid([]))
        return LineResult(line_result(line, "Refused", problem=problem))
    conflict = _new_conflict(line, operation, context)
    try:
        result = await apply_operation(operation, line.channel, choice=choice, context=context)
    except Stale:
        raise
    except Unavailable as exc:
        if not last:
            raise
        return _refused(line, conflict, _unforeseen(exc))
    except Exception as exc:  # noqa: BLE001  # one line must not stop the session
        problem = problem_of(line.number, exc) if isinstance(exc, Refusal) else _unforeseen(exc)
        return _refused(line, conflict, problem)
    return _line_result(line, result, conflict)


def _line_result(line: Line, result: OperationResult, conflict: OfflineConflict) -> LineResult:
    if conflicting := result.conflicting:
        conflict = evolve(
            conflict,
            kind=conflicting.kind,
            fields=conflicting.fields,
            current_version=conflicting.version,
        )
        return LineResult(line_result(line, "Conflict"), conflict)
    uploaded = line_result(line, result.outcome, version=result.version)
    return LineResult(uploaded, decision=result.decision)


def _refused(line: Line, conflict: OfflineConflict, problem: OperationProblem) -> LineResult:
    return LineResult(
        line_result(line, "Refused", problem=problem), evolve(conflict, problem=problem)
    )


def line_result(line: Line, status: Outcome, **more: Any) -> UploadedOperation:
    operation = line.operation
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
    return UploadedOperation(line=line.number, status=status, **named, **more)


def problem_of(line: int, refusal: Refusal) -> OperationProblem:
    refused = refused_line(line, refusal)
    return OperationProblem(code=refused.code, detail=refused.detail, errors=refused.errors)


def _unforeseen(exc: Exception) -> OperationProblem:
    """Return a fault of ours without what it says, which may name a person; the log has it."""
    reference = uuid4().hex
    code = exc.code if isinstance(exc, Refusal) else INTERNAL
    log.error("A line could not be applied: %s, reference %s\n%s", code, reference, trace_of(exc))
    return OperationProblem(
        code=code, detail=f"It could not be applied; the log says why at {reference}."
    )


def _new_conflict(line: Line, operation: OfflineOperation, context: Context) -> OfflineConflict:
    return OfflineConflict(
        operation_id=operation.operation_id,
        session_id=line.session_id,
        line=line.number,
        channel=line.channel,
        customer_id=line.customer,
        kind="refused",
        operation=operation,
        found_at=context.now,
    )
