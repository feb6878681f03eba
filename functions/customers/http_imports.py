"""Bulk imports over HTTP."""

import re
from typing import Annotated, Any

import azure.functions as func
from pydantic import Field

from functions._http import Call, Operation, PageOf, PageQuery, Query, Reply, serve
from functions._http.operation import MEBIBYTE, NDJSON
from shared.core.errors import Invalid
from shared.core.values import Key
from shared.customers.domain.imports import Import, ImportNotFound, RefusedLine
from shared.customers.imports import imports as usecases

bp = func.Blueprint()

LARGEST_IMPORT = 64 * MEBIBYTE
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ImportQuery(Query):
    store: Annotated[Key | None, Field(description="The store of lines that name none")] = None


class ImportView(Import):
    refused_lines: PageOf[RefusedLine]


@serve(
    bp,
    Operation(
        "POST",
        "imports",
        who="AH",
        returns=Import,
        status=202,
        media_types=(NDJSON, "application/jsonl"),
        largest_body=LARGEST_IMPORT,
        tag="Imports",
        refuses=(Invalid,),
    ),
)
async def start_import(call: Call[ImportQuery, bytes]) -> Reply:
    """Start an import: one create body a line. Each line makes its customer at most once.

    A line with an `id` that is taken counts as already there. Duplicates are not looked for.
    """
    started = await usecases.start_import(
        call.body, store_number=call.query.store, context=call.context
    )
    return Reply(started, location=call.url("imports", started.id))


@serve(
    bp,
    Operation(
        "GET",
        "imports/{importId}",
        who="AH",
        returns=ImportView,
        tag="Imports",
        refuses=(ImportNotFound,),
    ),
)
async def get_import(call: Call[PageQuery, None]) -> Reply:
    """Tell how far an import has come, and page through the lines it refused, with reasons."""
    import_id = call.path["importId"]
    if not GUID.fullmatch(import_id):
        raise ImportNotFound(f"There is no import {import_id}.")
    found, problems, after, etag = await usecases.read_import(
        import_id, limit=call.query.limit, continuation=call.position(), context=call.context
    )
    items: list[Any] = [one.model_dump(mode="json", by_alias=True) for one in problems]
    view = found.model_dump(mode="json", by_alias=True)
    return Reply(view | {"refusedLines": call.page(items, after)}, etag=etag)
