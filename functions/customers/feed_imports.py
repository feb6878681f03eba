"""The change feed of requests: imports that run are worked through."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import azure.functions as func

from functions._feed import feed
from shared.composition import wiring
from shared.customers.domain.imports import Import
from shared.customers.imports.documents import changed_import
from shared.customers.imports.working import create_next_customers
from shared.jobs.work import work_through_all
from shared.ports.changes import Change

bp = func.Blueprint()


@feed(bp, "requests")
async def run_imports(changes: Sequence[Change]) -> None:
    """Create the customers of each import; one that comes again goes on where it was."""
    documents = wiring.backend().documents
    imports = [await changed_import(change, documents) for change in changes]
    await work_through_all(partial(_create_next, import_) for import_ in imports if import_)


async def _create_next(import_: Import) -> bool:
    backend, now = wiring.backend(), datetime.now(UTC)
    context = backend.context(import_.legal_entity, import_.created_by, now)
    return await create_next_customers(import_, context=context)
