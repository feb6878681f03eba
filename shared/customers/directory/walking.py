"""Walking through all customers of a company, oldest first, page by page."""

from dataclasses import dataclass
from typing import NamedTuple

from shared.context import Context
from shared.customers.directory.documents import query_everybody


@dataclass(frozen=True, slots=True)
class WalkPosition:
    """The year that a walk has come to, and after which place in its list."""

    year: int
    after: str | None = None


class WalkedPage(NamedTuple):
    """The GUIDs of some customers; `position` is None after the last."""

    keys: list[str]
    position: WalkPosition | None


async def walk(position: WalkPosition | None, *, limit: int, context: Context) -> WalkedPage:
    """Return the next customers, active or not. One query."""
    company = await context.configuration.company(context.legal_entity)
    here = position or WalkPosition(company.since)
    page = await query_everybody(here.year, here.after, limit=limit, context=context)
    ids = [document.id for document in page.documents]
    keys = [place.rpartition(" ")[2] for place in ids]
    if page.continuation is not None and ids:
        return WalkedPage(keys, WalkPosition(here.year, ids[-1]))
    is_last = here.year >= context.now.year
    return WalkedPage(keys, None if is_last else WalkPosition(here.year + 1))
