"""Starting imports, and reading how far they are."""

from shared.context import Context
from shared.core.errors import Invalid
from shared.core.versioned import Versioned
from shared.customers.domain.imports import Import, ImportNotFound, RefusedLine
from shared.customers.imports.at_once import take_place
from shared.customers.imports.documents import import_jobs, query_refused_lines
from shared.jobs.cutting import cut, pack


async def start_import(body: bytes, *, store_number: str | None, context: Context) -> Import:
    """Store the lines, in chunks, for the change feed to work through.

    The same request again finds the import that it started. Raises TooManyLines, Invalid,
    TooManyImports.
    """
    if store_number is not None:
        await context.configuration.store(context.legal_entity, store_number, "/store")
    contents = await cut(body)
    if not contents:
        raise Invalid.at("", "empty", "The body has no lines.")
    import_id = context.new_id()
    await take_place(import_id, context)
    stored = await pack(contents)
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
