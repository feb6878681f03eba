"""Starting imports, reading how far they are, and working through them."""

from collections import Counter
from dataclasses import dataclass, replace

from pydantic import ValidationError
from pydantic_core import from_json

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.errors import Invalid, Refusal, Unavailable
from shared.core.flaws import flaws_of
from shared.core.versioned import Versioned
from shared.customers.creation.creation import create_customer
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import CustomerExists
from shared.customers.domain.imports import (
    Import,
    ImportNotFound,
    Outcome,
    RefusedLine,
    refused_line,
)
from shared.customers.imports.documents import (
    import_jobs,
    put_refused_line,
    query_refused_lines,
)
from shared.jobs.domain.lines import MAX_LINE_LENGTH, Line, chunks, packed, unpacked
from shared.jobs.work import Applied, Attempt, work_through

LINES_AT_ONCE = 16  # customers created side by side, so that they share their waits for the disk


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one line."""

    outcome: Outcome
    refused: RefusedLine | None = None


async def start_import(body: bytes, *, store_number: str | None, context: Context) -> Import:
    """Store the lines, in chunks, for the change feed to work through.

    The same request again finds the import that it started. Raises Invalid.
    """
    if store_number is not None:
        await context.configuration.store(context.legal_entity, store_number, "/store")
    contents = list(chunks(body))
    if not contents:
        raise Invalid.at("", "empty", "The body has no lines.")
    stored = [packed(lines) for lines in contents]
    import_id = context.new_id()
    import_ = Import(
        id=import_id,
        legal_entity=context.legal_entity,
        batch=import_id,
        store_number=store_number,
        total=sum(len(lines) for lines in contents),
        chunks=len(contents),
        created_at=context.now,
        created_by=context.actor,
    )
    return (await import_jobs(import_id, context.documents).create(import_, stored)).value


async def read_import(import_id: str, *, context: Context) -> Versioned[Import]:
    """Return the import. One point read. Raises ImportNotFound."""
    stored = await import_jobs(import_id, context.documents).load(import_id)
    if stored is None or stored.value.legal_entity != context.legal_entity:
        raise ImportNotFound(f"There is no import {import_id}.")
    return stored


async def list_refused_lines(
    import_: Import, *, limit: int, continuation: str | None, context: Context
) -> tuple[list[RefusedLine], str | None]:
    """Return a page of the lines that were refused, in their order, and what continues it."""
    page = await query_refused_lines(
        import_.id, limit=limit, continuation=continuation, documents=context.documents
    )
    lines = [RefusedLine.model_validate(document.body) for document in page.documents]
    return lines, page.continuation


async def create_next_customers(import_: Import, *, context: Context) -> bool:
    """Create the customers of the next chunk; return whether to go on at once.

    A line that created its customer before is known by its fingerprint. Raises Unavailable, for
    the feed to come again.
    """

    async def apply(_: Import, attempt: Attempt) -> Applied:
        async def create(line: Line) -> LineResult:
            return await _create(line, import_, context)

        results = await side_by_side(unpacked(attempt.content), create, at_once=LINES_AT_ONCE)
        return Applied(
            Counter(result.outcome for result in results),
            operations=[put_refused_line(result.refused) for result in results if result.refused],
        )

    jobs = import_jobs(import_.id, context.documents)
    return await work_through(jobs, import_, apply, now=context.now)


async def _create(line: Line, import_: Import, context: Context) -> LineResult:
    number, text = line
    context = replace(context, fingerprint=f"{import_.id}:{number}", source="Import")
    try:
        customer = _parse(text, import_.store_number)
        await create_customer(customer, context=context, allow_duplicate=True)
    except CustomerExists:
        return LineResult("alreadyThere")
    except Unavailable:
        raise
    except Refusal as exc:
        return LineResult("refused", refused_line(number, exc))
    return LineResult("created")


def _parse(text: str, store_number: str | None) -> NewCustomer:
    """Return the line as a create body; `store_number` is for a line that names none."""
    if len(text) >= MAX_LINE_LENGTH:
        raise Invalid.at(
            "", "line-too-long", f"A line must have less than {MAX_LINE_LENGTH} characters."
        )
    try:
        body = from_json(text)
        if store_number is not None and isinstance(body, dict):
            body.setdefault("storeNumber", store_number)
        return NewCustomer.model_validate(body)
    except ValidationError as exc:
        raise Invalid(flaws_of(exc)) from None
    except ValueError as exc:
        raise Invalid.at("", "malformed-json", str(exc)) from None
