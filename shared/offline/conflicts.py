"""Reading conflicts, and deciding about what stopped."""

from shared.context import Context
from shared.core.errors import Stale
from shared.core.evolve import evolve
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.offline.attempts import Line, LineResult, apply_line
from shared.offline.conflict_documents import (
    HeldOperation,
    Stop,
    conflict_of,
    load_conflict,
    load_held,
    load_stop,
    put_conflict,
    query_conflicts,
    remove_stop,
    replace_stop,
    write_conflict,
)
from shared.offline.documents import commit, put_result
from shared.offline.domain.conflicts import (
    Choice,
    ConflictDecision,
    ConflictNotFound,
    ConflictNotSettled,
    ConflictStatus,
    OfflineConflict,
    choice_of,
)


async def list_conflicts(
    channel: str,
    status: ConflictStatus,
    *,
    limit: int,
    continuation: str | None,
    context: Context,
) -> tuple[list[Versioned[OfflineConflict]], str | None]:
    """Return a page of the conflicts of a channel, oldest first, and what continues it."""
    page = await query_conflicts(
        channel, status, limit=limit, continuation=continuation, context=context
    )
    return [conflict_of(document) for document in page.documents], page.continuation


async def read_conflict(
    channel: str, operation_id: str, *, context: Context
) -> Versioned[OfflineConflict]:
    """Return the conflict of an operation. One point read. Raises ConflictNotFound."""
    stored = await load_conflict(channel, operation_id, context)
    if stored is None:
        raise ConflictNotFound(f"There is no conflict of the operation {operation_id}.")
    return stored


async def decide_conflict(
    channel: str, decision: ConflictDecision, *, context: Context
) -> Versioned[OfflineConflict]:
    """Do what was decided, then what was held back behind it; return the conflict.

    The conflict is marked as decided last, so whoever dies on the way decides again. Raises
    ConflictNotFound, ConflictDecided, DecisionNotPossible, and ConflictNotSettled where the
    customer was changed again, or the operation is refused again; the conflict then says how.
    """

    async def attempt() -> Versioned[OfflineConflict]:
        stored = await read_conflict(channel, decision.operation_id, context=context)
        stored.value.check_open()
        return await _decide(stored, decision, context)

    turn = context.turn("conflict", channel, decision.operation_id)
    return await until_not_stale(attempt, turn=turn)


async def _decide(
    stored: Versioned[OfflineConflict], decision: ConflictDecision, context: Context
) -> Versioned[OfflineConflict]:
    choice = choice_of(stored.value, decision)
    conflict = stored.value.corrected(decision.body)
    applied = await _carry_out(Versioned(conflict, stored.etag), choice, context)
    await _release(conflict, context)
    decided = evolve(
        conflict,
        status="Decided",
        decision=applied.decision or decision.decision,
        decided_fields=dict(decision.fields),
        decided_at=context.now,
        decided_by=context.actor,
    )
    operations = [
        write_conflict(decided, stored.etag),
        put_result(applied.result, conflict.session_id),
    ]
    [etag, *_] = await commit(conflict.channel, operations, context)
    return Versioned(decided, etag)


async def _carry_out(
    stored: Versioned[OfflineConflict], choice: Choice, context: Context
) -> LineResult:
    conflict = stored.value
    line = Line(
        conflict.session_id,
        conflict.channel,
        conflict.line,
        conflict.operation,
        conflict.customer_id,
    )
    applied = await apply_line(line, choice=choice, context=context)
    if applied.conflict is None:
        return applied
    again = evolve(applied.conflict, found_at=conflict.found_at)
    await commit(conflict.channel, [write_conflict(again, stored.etag)], context)
    shown = again.model_dump(mode="json", by_alias=True)
    raise ConflictNotSettled(
        f"The operation stopped again: {again.kind}. Read the conflict again.",
        kind=again.kind,
        fields=shown["fields"],
        problem=shown["problem"],
    )


async def _release(conflict: OfflineConflict, context: Context) -> None:
    """Apply what was held back for the customer, in order, until something stops again."""

    async def attempt() -> None:
        stop = await load_stop(conflict.channel, conflict.customer_id, context)
        if stop is None or stop.value.operation_id != conflict.operation_id:
            return
        caught_up = await _catch_up(conflict, stop, context)
        if caught_up is None:
            return
        if caught_up.value.held:
            raise Stale("What is held back is not seen yet.")
        await commit(conflict.channel, remove_stop(caught_up), context)

    await until_not_stale(attempt)


async def _catch_up(
    conflict: OfflineConflict, stop: Versioned[Stop], context: Context
) -> Versioned[Stop] | None:
    """Apply what is held back and count it off the stop, which is returned as it then is.

    None if one of them stops again: then it is what the others wait behind.
    """
    for held in await load_held(conflict.channel, conflict.customer_id, context):
        applied = await _apply_held(held, conflict, context)
        newer = evolve(stop.value, held=stop.value.held - 1)
        operations = [put_result(applied.result, held.session)]
        if applied.conflict:
            newer = evolve(newer, operation_id=applied.conflict.operation_id)
            operations.append(put_conflict(applied.conflict))
        [etag, *_] = await commit(
            conflict.channel, [replace_stop(stop, newer), *operations], context
        )
        if applied.conflict:
            return None
        stop = Versioned(newer, etag)
    return stop


async def _apply_held(
    held: HeldOperation, conflict: OfflineConflict, context: Context
) -> LineResult:
    line = Line(held.session, conflict.channel, held.line, held.operation, conflict.customer_id)
    return await apply_line(line, choice=Choice(), context=context)
