"""Bulk imports over HTTP."""

import re
from typing import Annotated, Any

import azure.functions as func
from pydantic import Field

from functions._http.trigger import (
    MEBIBYTE,
    NDJSON,
    Call,
    Operation,
    PageOf,
    PageQuery,
    Query,
    Reply,
    serve,
)
from shared.core.deadlines import LONG_REQUEST_SECONDS
from shared.core.errors import Invalid
from shared.core.values import Key
from shared.customers.domain.imports import ImportNotFound, RefusedLine, TooManyImports
from shared.customers.imports import imports as usecases
from shared.customers.imports.views import ImportView, import_view
from shared.jobs.cutting import TooManyLines

bp = func.Blueprint()

LARGEST_IMPORT = 64 * MEBIBYTE
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ImportQuery(Query):
    store: Annotated[
        Key | None,
        Field(description="Store or online channel of lines that name none", examples=["HOUSTON"]),
    ] = None


class ImportWithRefusedLines(ImportView):
    """How far an import has come, and a page of the lines that it refused."""

    refused_lines: PageOf[RefusedLine] = Field(description="Refused lines, in their order")


@serve(
    bp,
    Operation(
        "POST",
        "imports",
        who="AH",
        returns=ImportView,
        status=202,
        media_types=(NDJSON, "application/jsonl"),
        largest_body=LARGEST_IMPORT,
        patience=LONG_REQUEST_SECONDS,
        keyed_by_body=True,
        tag="Imports",
        refuses=(Invalid, TooManyLines, TooManyImports),
    ),
)
async def start_import(call: Call[ImportQuery, bytes]) -> Reply:
    """Start an import of customers: one create body a line.

    The customers are created in the background; Location is where to read how far that is. Each
    line creates its customer at most once. A line with an `id` that a customer has already is
    counted in `alreadyThere`. Duplicates are not looked for. The same lines again from the same
    caller within a day are the same import, also without an Idempotency-Key. An import has at most
    100,000 lines, and a company three imports at once.
    """
    started = await usecases.start_import(
        call.body, store_number=call.query.store, context=call.context
    )
    return Reply(import_view(started), location=call.url("imports", started.id))


@serve(
    bp,
    Operation(
        "GET",
        "imports/{importId}",
        who="AH",
        returns=ImportWithRefusedLines,
        tag="Imports",
        refuses=(ImportNotFound,),
    ),
)
async def get_import(call: Call[PageQuery, None]) -> Reply:
    """Get the progress of an import.

    With a page of the lines that it refused, and their reasons: of the first 1,000 at least, and of
    all in their number.
    """
    import_id = call.path["importId"]
    if not GUID.fullmatch(import_id):
        raise ImportNotFound(f"There is no import {import_id}.")
    stored = await usecases.read_import(import_id, context=call.context)
    lines, continuation = await usecases.list_refused_lines(
        stored.value, limit=call.query.limit, continuation=call.position(), context=call.context
    )
    items: list[Any] = [line.model_dump(mode="json", by_alias=True) for line in lines]
    view = import_view(stored.value).model_dump(mode="json", by_alias=True)
    return Reply(view | {"refusedLines": call.page(items, continuation)}, etag=stored.etag)
