"""What came of an upload, and deciding about what stopped on the way."""

from shared.domain.uploads import (
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
from shared.errors import Stale, Unavailable
from shared.ports import Document, Equal, Operation, Order, Page, Prefix, Put, Remove, Replace
from shared.usecases.errand import Errand
from shared.usecases.offline_lines import Applied, Read, attempt, stop_of
from shared.usecases.offline_records import (
    CONFLICT,
    CONTAINER,
    RESULT,
    conflict_document,
    conflict_id,
    result_document,
    stop_document,
)
from shared.usecases.uploads import SESSION

OLDEST_FIRST = Order(("type", "createdAt"))
NEWEST_FIRST = Order(("type", "createdAt"), descending=True)
MOST_HELD = 100
MOST_TRIES = 20


async def list_sessions(
    channel: str, *, limit: int, continuation: str | None, errand: Errand
) -> Page:
    """Return the upload sessions of a channel, newest first. One query."""
    return await errand.documents.query(
        CONTAINER,
        errand.place(channel),
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
    errand: Errand,
) -> tuple[list[UploadedOperation], str | None]:
    """Return what became of the lines of a session, in their order. One query."""
    page = await errand.documents.query(
        CONTAINER,
        errand.place(session.channel),
        Prefix("id", f"{RESULT}:{session.id}:"),
        *([Equal("status", status)] if status else []),
        limit=limit,
        continuation=continuation,
    )
    return [UploadedOperation.model_validate(one.body) for one in page.documents], page.continuation


async def list_conflicts(
    channel: str, status: str, *, limit: int, continuation: str | None, errand: Errand
) -> Page:
    """Return the conflicts of a channel, oldest first. One query."""
    return await errand.documents.query(
        CONTAINER,
        errand.place(channel),
        Equal("type", CONFLICT),
        Equal("status", status),
        order=OLDEST_FIRST,
        limit=limit,
        continuation=continuation,
    )


async def read_conflict(channel: str, operation_id: str, *, errand: Errand) -> Document:
    document = await errand.documents.read(
        CONTAINER, errand.place(channel), conflict_id(operation_id)
    )
    if document is None:
        raise ConflictNotFound(f"There is no conflict of the operation {operation_id}.")
    return document


async def decide_conflict(
    channel: str, decision: ConflictDecision, *, errand: Errand
) -> tuple[OfflineConflict, str]:
    """Do what was decided, then what was held back behind it; return the conflict and its version.

    The conflict is marked as decided last, so whoever dies on the way decides again. Raises
    ConflictNotFound, ConflictDecided, DecisionNotPossible, and ConflictNotSettled where the
    customer has changed again, or the operation is refused again; the conflict then says how.
    """
    document = await read_conflict(channel, decision.operation_id, errand=errand)
    conflict = OfflineConflict.model_validate(document.body)
    if conflict.status == "Decided":
        raise ConflictDecided(f"It was decided by {conflict.decided_by}.")
    choice = choice_of(conflict, decision)
    if decision.body is not None:
        operation = conflict.operation.model_copy(update={"body": decision.body})
        conflict = conflict.model_copy(update={"operation": operation})
    applied = await _carry_out(conflict, choice, document, errand)
    await _release(conflict, errand)
    decided = conflict.model_copy(
        update={
            "status": "Decided",
            # Whoever decided before, and died, has had it done already: that is what counts.
            "decision": applied.decision or decision.decision,
            "decided_fields": decision.fields,
            "decided_at": errand.now,
            "decided_by": errand.actor,
        }
    )
    writes: list[Operation] = [
        Replace(conflict_document(decided), document.etag),
        Put(result_document(applied.result, conflict.session_id)),
    ]
    try:
        etags = await errand.documents.commit(CONTAINER, errand.place(channel), writes)
    except Stale:
        raise ConflictDecided("Somebody else decided it this moment.") from None
    return decided, etags[0]


async def _carry_out(
    conflict: OfflineConflict,
    choice: Choice,
    document: Document,
    errand: Errand,
) -> Applied:
    one = Read(conflict.line, conflict.operation, conflict.customer_id)
    applied = await attempt(
        one, conflict.session_id, conflict.channel, choice=choice, errand=errand
    )
    if applied.conflict is None:
        return applied
    found = applied.conflict.model_copy(update={"found_at": conflict.found_at})
    again = conflict_document(found)
    place = errand.place(conflict.channel)
    await errand.documents.commit(CONTAINER, place, [Replace(again, document.etag)])
    problem = found.problem.model_dump(mode="json", by_alias=True) if found.problem else None
    raise ConflictNotSettled(
        f"It stopped again: {found.kind}. Read the conflict anew.",
        kind=found.kind,
        fields=again["fields"],
        problem=problem,
    )


async def _release(conflict: OfflineConflict, errand: Errand) -> None:
    """Apply what was held back for the customer, in order, until something stops again."""
    place = errand.place(conflict.channel)
    for _ in range(MOST_TRIES):
        stop = await stop_of(conflict.channel, conflict.customer_id, errand)
        if stop is None or stop.body["operationId"] != conflict.operation_id:
            return
        try:
            stop = await _caught_up(conflict, stop, errand)
            if stop is None:
                return
            if stop.body["held"]:
                continue  # what is held back is not seen yet
            lifted: list[Operation] = [Replace(stop.body, stop.etag), Remove(stop.id)]
            await errand.documents.commit(CONTAINER, place, lifted)
        except Stale:
            continue  # more was held back meanwhile
        return
    raise Unavailable("More and more is held back for this customer; decide again.")


async def _caught_up(conflict: OfflineConflict, stop: Document, errand: Errand) -> Document | None:
    """Apply what is held back and count it off the stop, which is returned as it then is.

    None if one of them stops again: then it is what the others wait behind.
    """
    place = errand.place(conflict.channel)
    for document in await _held(conflict, errand):
        one = _read_back(document, conflict.customer_id)
        session = document.body["session"]
        applied = await attempt(one, session, conflict.channel, choice=Choice(), errand=errand)
        left = stop.body["held"] - 1
        after = stop_document(applied.conflict, left) if applied.conflict else stop.body
        after = {**after, "held": left}
        writes: list[Operation] = [
            Replace(after, stop.etag),
            Put(result_document(applied.result, session)),
        ]
        if applied.conflict:
            writes.append(Put(conflict_document(applied.conflict)))
        etags = await errand.documents.commit(CONTAINER, place, writes)
        if applied.conflict:
            return None
        stop = Document(after, etags[0])
    return stop


async def _held(conflict: OfflineConflict, errand: Errand) -> list[Document]:
    """Return what is held back for the customer, oldest first; sessions are named by time."""
    page = await errand.documents.query(
        CONTAINER,
        errand.place(conflict.channel),
        Equal("heldFor", conflict.customer_id),
        limit=MOST_HELD,
    )
    return list(page.documents)


def _read_back(document: Document, customer: str) -> Read:
    operation = OfflineOperation.model_validate(document.body["operation"])
    return Read(document.body["line"], operation, customer)
