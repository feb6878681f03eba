"""The change feed of requests: chunks of imports that wait are worked through."""

from datetime import UTC, datetime

import azure.functions as func

from functions._feed import feed
from shared.composition import wiring
from shared.customers.imports.imports import CHUNK, import_of, work_through

bp = func.Blueprint()


@feed(bp, "requests")
async def run_imports(changes: func.DocumentList) -> None:
    """Make the customers of each chunk; a chunk that comes again finds them made."""
    backend = wiring.backend()
    for change in changes:
        if change.get("type") == CHUNK and change["waiting"]:
            import_ = await import_of(change["key"], backend.documents)
            if import_ is None:
                continue  # it has outlived its time
            context = backend.context(import_.legal_entity, import_.started_by, datetime.now(UTC))
            await work_through(change.data, import_=import_, context=context)
