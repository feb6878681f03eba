"""How many imports of a company are under way: a document that names them.

An import takes its place before it is stored, and is not asked to leave it: whoever comes next
looks at those that are named. One that has a place and is not there was not stored to its end, and
keeps its place for a while, because it may be stored just now.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from shared.context import Context
from shared.core.retry import until_not_stale
from shared.core.values import as_text
from shared.customers.domain.imports import MAX_AT_ONCE, TooManyImports
from shared.customers.imports.documents import CONTAINER, import_jobs
from shared.ports.documents import Create, Operation, Partition, Replace

PLACES: Final = "places"
TYPE: Final = "import-places"
STORING: Final = timedelta(minutes=5)
SCHEMA_VERSION: Final = 1


async def take_place(import_id: str, context: Context) -> None:
    """Have a place for an import that is to be stored; again it has the one that it has.

    One read and one commit, and a read for each import that is named. Raises TooManyImports.
    """

    async def attempt() -> None:
        stored = await context.documents.read(CONTAINER, _partition(context), PLACES)
        named: Mapping[str, str] = stored.body["since"] if stored else {}
        if import_id in named:
            return
        taken = {one: since for one, since in named.items() if await _is_taken(one, since, context)}
        if len(taken) >= MAX_AT_ONCE:
            raise TooManyImports(f"{len(taken)} imports are under way; wait until one has ended.")
        body = {
            "id": PLACES,
            "type": TYPE,
            "since": taken | {import_id: as_text(context.now)},
            "schemaVersion": SCHEMA_VERSION,
        }
        write: Operation = Replace(body, stored.etag) if stored else Create(body)
        await context.documents.commit(CONTAINER, _partition(context), [write])

    await until_not_stale(attempt, turn=context.turn("imports", context.legal_entity))


def _partition(context: Context) -> Partition:
    return (f"imports:{context.legal_entity}",)


async def _is_taken(import_id: str, since: str, context: Context) -> bool:
    stored = await import_jobs(import_id, context.documents).load(import_id)
    if stored:
        return stored.value.running
    return context.now - datetime.fromisoformat(since) < STORING
