"""What can be asked of imports, and how they are worked through."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid, Refusal, Stale, Unavailable
from shared.core.flaws import flaws_of
from shared.customers.creation.creation import create_customer
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import CustomerExists
from shared.customers.domain.imports import (
    KEPT,
    LONGEST_LINE,
    Import,
    ImportNotFound,
    Outcome,
    RefusedLine,
    chunks,
    lines,
    refused,
)
from shared.ports.documents import Create, Document, Documents, Equal, Operation, Order, Replace

HEADER = "import"
CHUNK = "import-chunk"
PROBLEM = "import-problem"
AT_ONCE = 16  # customers made side by side, so that they share their waits for the disk
MOST_TRIES = 20
FOR_EVER = {"ttl": -1}  # what waits must not outlive its time while the host is away

Done = tuple[Outcome, RefusedLine | None]


async def start_import(body: bytes, *, store_number: str | None, context: Context) -> Import:
    """Keep the lines, in chunks, for the change feed to work through; the same again is one."""
    if store_number is not None:
        await context.configuration.store(context.legal_entity, store_number, "/store")
    import_id = context.new_id()
    started = Import(
        id=import_id,
        legal_entity=context.legal_entity,
        store_number=store_number,
        total=sum(1 for _ in lines(body)),
        started_at=context.now,
        started_by=context.actor,
    )
    if started.total == 0:
        raise Invalid.at("", "empty", "There is no line in it.")
    await _create_once(context.documents, import_id, _document(started))
    for number, chunk in enumerate(chunks(body), start=1):
        document = {"id": f"{CHUNK}:{number}", "type": CHUNK, "waiting": True, "lines": chunk}
        await _create_once(context.documents, import_id, document | {"key": import_id} | FOR_EVER)
    return started


async def read_import(
    import_id: str, *, limit: int, continuation: str | None, context: Context
) -> tuple[Import, list[RefusedLine], str | None, str]:
    """Return the import, a page of the lines it refused, what continues it, and its version."""
    document = await _header(context.documents, import_id)
    found = _import(document)
    if found.legal_entity != context.legal_entity:
        raise ImportNotFound(f"There is no import {import_id}.")
    page = await context.documents.query(
        "requests",
        (import_id,),
        Equal("type", PROBLEM),
        order=Order(("type", "number")),
        limit=limit,
        continuation=continuation,
    )
    problems = [RefusedLine.model_validate(one.body) for one in page.documents]
    return found, problems, page.continuation, document.etag


async def import_of(import_id: str, documents: Documents) -> Import | None:
    header = await documents.read("requests", (import_id,), HEADER)
    return _import(header) if header else None


async def work_through(chunk: Mapping[str, Any], *, import_: Import, context: Context) -> None:
    """Make the customers of one chunk and count them in the same commit that ends the chunk.

    Coming twice, or dying half way, changes nothing: a line that made its customer finds it
    there by the fingerprint of the line. Raises Unavailable, for the feed to come again.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def make(number: int, text: str) -> Done:
        async with gate:
            mine = replace(context, fingerprint=f"{import_.id}:{number}")
            return await _make(number, text, import_.store_number, mine)

    done = await asyncio.gather(*(make(number, text) for number, text in chunk["lines"]))
    await _count(chunk["id"], import_.id, done, context)


async def _make(number: int, text: str, store_number: str | None, context: Context) -> Done:
    try:
        await create_customer(_parse(text, store_number), context=context, allow_duplicate=True)
    except CustomerExists:
        return "alreadyThere", None
    except Unavailable:
        raise
    except Refusal as exc:
        return "refused", refused(number, exc)
    return "created", None


def _parse(text: str, store_number: str | None) -> NewCustomer:
    """Return the line as a create body; `store_number` is for a line that names none."""
    if len(text) >= LONGEST_LINE:
        raise Invalid.at("", "line-too-long", f"A line has less than {LONGEST_LINE} characters.")
    try:
        body = from_json(text)
        if store_number is not None and isinstance(body, dict):
            body.setdefault("storeNumber", store_number)
        return NewCustomer.model_validate(body)
    except ValidationError as exc:
        raise Invalid(flaws_of(exc)) from None
    except ValueError as exc:
        raise Invalid.at("", "malformed-json", str(exc)) from None


async def _count(chunk_id: str, import_id: str, done: Sequence[Done], context: Context) -> None:
    """End the chunk, note its problems and add up the import: all of it or nothing."""
    outcomes = [outcome for outcome, _ in done]
    problems = [
        Create(
            problem.model_dump(mode="json", by_alias=True)
            | {"id": f"{PROBLEM}:{problem.line}", "type": PROBLEM, "number": problem.line}
            | {"ttl": KEPT}
        )
        for _, problem in done
        if problem
    ]
    for _ in range(MOST_TRIES):
        chunk = await context.documents.read("requests", (import_id,), chunk_id)
        if chunk is None or not chunk.body["waiting"]:
            return
        header = await _header(context.documents, import_id)
        counted = _import(header).counted(outcomes, context.now)
        ended = {"id": chunk_id, "type": CHUNK, "waiting": False, "key": import_id}
        operations: list[Operation] = [
            Replace(_document(counted), header.etag), Replace(ended, chunk.etag), *problems
        ]  # fmt: skip
        with suppress(Stale):
            await context.documents.commit("requests", (import_id,), operations)
            return
    raise Unavailable(f"The import {import_id} is contended.")


async def _create_once(documents: Documents, import_id: str, body: dict[str, Any]) -> None:
    with suppress(AlreadyExists):
        await documents.commit("requests", (import_id,), [Create(body)])


async def _header(documents: Documents, import_id: str) -> Document:
    header = await documents.read("requests", (import_id,), HEADER)
    if header is None:
        raise ImportNotFound(f"There is no import {import_id}.")
    return header


def _import(document: Document) -> Import:
    return Import.model_validate(document.body | {"id": document.body["importId"]})


def _document(import_: Import) -> dict[str, Any]:
    body = import_.model_dump(mode="json", by_alias=True)
    body |= {"id": HEADER, "importId": import_.id}
    return body | ({"ttl": KEPT} if import_.status == "Completed" else FOR_EVER)
