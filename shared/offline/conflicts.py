"""What came of an upload, and deciding about what stopped on the way."""

from shared.context import Context
from shared.core.errors import Stale, Unavailable
from shared.core.evolve import evolve
from shared.offline.documents import (
    CONFLICT,
    CONTAINER,
    RESULT,
    conflict_document,
    conflict_id,
    result_document,
    stop_document,
)
from shared.offline.domain.uploads import (
    Choice,
    ConflictDecided,
    ConflictDecision,
    ConflictNotFound,
    ConflictNotSettled,
    OfflineConflict,
    OfflineOperation,
    Outcome,
    UploadedOperation,
    UploadSession,
    choice_of,
)
from shared.offline.lines import Applied, Read, attempt, stop_of
from shared.offline.uploads import SESSION
from shared.ports.documents import (
    Document,
    Equal,
    Operation,
    Order,
    Page,
    Prefix,
    Put,
    Remove,
    Replace,
)

OLDEST_FIRST = Order(("type", "createdAt"))
NEWEST_FIRST = Order(("type", "createdAt"), descending=True)
MOST_HELD = 100
MOST_TRIES = 20


async def list_sessions(
    channel: str, *, limit: int, continuation: str | None, context: Context
) -> Page:
    """Return the upload sessions of a channel, newest first. One query."""
    return await context.documents.query(
        CONTAINER,
        context.partition(channel),
        Equal("type", SESSION),
        order=NEWEST_FIRST,
        limit=limit,
        continuation=continuation,
    )


async def list_results(
    session: UploadSession,
    status: Outcome | None,
    *,
    limit: int,
    continuation: str | None,
    context: Context,
) -> tuple[list[UploadedOperation], str | None]:
    """Return what became of the lines of a session, in their order. One query."""
    page = await context.documents.query(
        CONTAINER,
        context.partition(session.channel),
        Prefix("id", f"{RESULT}:{session.id}:"),
        *([Equal("status", status)] if status else []),
        limit=limit,
        continuation=continuation,
    )
    return [UploadedOperation.model_validate(one.body) for one in page.documents], page.continuation


async def list_conflicts(
    channel: str, status: str, *, limit: int, continuation: str | None, context: Context
) -> Page:
    """Return the conflicts of a channel, oldest first. One query."""
    return await context.documents.query(
        CONTAINER,
        context.partition(channel),
        Equal("type", CONFLICT),
        Equal("status", status),
        order=OLDEST_FIRST,
        limit=limit,
        continuation=continuation,
    )


async def read_conflict(channel: str, operation_id: str, *, context: Context) -> Document:
    document = await context.documents.read(
        CONTAINER, context.partition(channel), conflict_id(operation_id)
    )
    if document is None:
        raise ConflictNotFound(f"There is no conflict of the operation {operation_id}.")
    return document


async def decide_conflict(
    channel: str, decision: ConflictDecision, *, context: Context
) -> tuple[OfflineConflict, str]:
    """Do what was decided, then what was held back behind it; return the conflict and its version.

    The conflict is marked as decided last, so whoever dies on the way decides again. Raises
    ConflictNotFound, ConflictDecided, DecisionNotPossible, and ConflictNotSettled where the
    customer has changed again, or the operation is refused again; the conflict then says how.
    """
    document = await read_conflict(channel, decision.operation_id, context=context)
    conflict = OfflineConflict.model_validate(document.body)
    if conflict.status == "Decided":
        raise ConflictDecided(f"It was decided by {conflict.decided_by}.")
    choice = choice_of(conflict, decision)
    if decision.body is not None:
        operation = evolve(conflict.operation, body=decision.body)
        conflict = evolve(conflict, operation=operation)
    applied = await _carry_out(conflict, choice, document, context)
    await _release(conflict, context)
    decided = evolve(
        conflict,
        status="Decided",
        decision=applied.decision or decision.decision,
        decided_fields=dict(decision.fields),
        decided_at=context.now,
        decided_by=context.actor,
    )
    writes: list[Operation] = [
        Replace(conflict_document(decided), document.etag),
        Put(result_document(applied.result, conflict.session_id)),
    ]
    try:
        etags = await context.documents.commit(CONTAINER, context.partition(channel), writes)
    except Stale:
        raise ConflictDecided("Somebody else decided it this moment.") from None
    return decided, etags[0]


async def _carry_out(
    conflict: OfflineConflict,
    choice: Choice,
    document: Document,
    context: Context,
) -> Applied:
    one = Read(conflict.line, conflict.operation, conflict.customer_id)
    applied = await attempt(
        one, conflict.session_id, conflict.channel, choice=choice, context=context
    )
    if applied.conflict is None:
        return applied
    found = evolve(applied.conflict, found_at=conflict.found_at)
    again = conflict_document(found)
    place = context.partition(conflict.channel)
    await context.documents.commit(CONTAINER, place, [Replace(again, document.etag)])
    problem = found.problem.model_dump(mode="json", by_alias=True) if found.problem else None
    raise ConflictNotSettled(
        f"It stopped again: {found.kind}. Read the conflict anew.",
        kind=found.kind,
        fields=again["fields"],
        problem=problem,
    )


async def _release(conflict: OfflineConflict, context: Context) -> None:
    """Apply what was held back for the customer, in order, until something stops again."""
    place = context.partition(conflict.channel)
    for _ in range(MOST_TRIES):
        stop = await stop_of(conflict.channel, conflict.customer_id, context)
        if stop is None or stop.body["operationId"] != conflict.operation_id:
            return
        try:
            stop = await _caught_up(conflict, stop, context)
            if stop is None:
                return
            if stop.body["held"]:
                continue  # what is held back is not seen yet
            lifted: list[Operation] = [Replace(stop.body, stop.etag), Remove(stop.id)]
            await context.documents.commit(CONTAINER, place, lifted)
        except Stale:
            continue  # more was held back meanwhile
        return
    raise Unavailable("More and more is held back for this customer; decide again.")


async def _caught_up(
    conflict: OfflineConflict, stop: Document, context: Context
) -> Document | None:
    """Apply what is held back and count it off the stop, which is returned as it then is.

    None if one of them stops again: then it is what the others wait behind.
    """
    place = context.partition(conflict.channel)
    for document in await _held(conflict, context):
        one = _read_back(document, conflict.customer_id)
        session = document.body["session"]
        applied = await attempt(one, session, conflict.channel, choice=Choice(), context=context)
        left = stop.body["held"] - 1
        after = stop_document(applied.conflict, left) if applied.conflict else stop.body
        after = {**after, "held": left}
        writes: list[Operation] = [
            Replace(after, stop.etag),
            Put(result_document(applied.result, session)),
        ]
        if applied.conflict:
            writes.append(Put(conflict_document(applied.conflict)))
        etags = await context.documents.commit(CONTAINER, place, writes)
        if applied.conflict:
            return None
        stop = Document(after, etags[0])
    return stop


async def _held(conflict: OfflineConflict, context: Context) -> list[Document]:
    """Return what is held back for the customer, oldest first; sessions are named by time."""
    page = await context.documents.query(
        CONTAINER,
        context.partition(conflict.channel),
        Equal("heldFor", conflict.customer_id),
        limit=MOST_HELD,
    )
    return list(page.documents)


def _read_back(document: Document, customer: str) -> Read:
    operation = OfflineOperation.model_validate(document.body["operation"])
    return Read(document.body["line"], operation, customer)
