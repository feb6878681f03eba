"""Going through all customers, or all books, page by page, until the time is over."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from pydantic_core import from_json, to_json

from shared.clienteling.client_books import book_owners_after
from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.evolve import evolve
from shared.core.versioned import Versioned
from shared.customers.directory.walking import WalkPosition, walk
from shared.customers.holdings.ageing import Ageing
from shared.platform.priority import behind_others
from shared.privacy.domain.retention import RetentionRun
from shared.privacy.retention.applying import Outcome, apply_to_book, apply_to_customer
from shared.privacy.retention.runs import write_run

PAGE_SIZE: Final = 100
AT_ONCE: Final = 8

Apply = Callable[[str], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class PageOfWork:
    """What is looked at next, and from where on then; None after the last."""

    names: Sequence[str]
    position: str | None


async def go_on_with(
    stored: Versioned[RetentionRun],
    ageing: Sequence[Ageing],
    *,
    seconds: float,
    context: Context,
) -> RetentionRun:
    """Go on where the run was, for so many seconds; return how far it has come.

    A page that was begun is looked at again after a crash: that changes nothing, and may count
    twice. Raises Stale where another worker goes on with it, and Unavailable.
    """
    until = time.monotonic() + seconds
    run, etag = stored.value, stored.etag
    in_books = any(one.of == "book" for one in ageing if one.data_class == run.data_class)
    next_page = _books if in_books else _customers
    apply = apply_to_book if in_books else apply_to_customer
    with behind_others():
        while run.state == "Running" and time.monotonic() < until:
            page = await next_page(run.position, context)
            one = partial(apply, run=run, ageing=ageing, context=context)
            outcomes = await side_by_side(page.names, one, at_once=AT_ONCE)
            run = _counted(run, page, outcomes, context)
            written = await write_run(run, etag, context)
            run, etag = written.value, written.etag
    return run


def _counted(
    run: RetentionRun, page: PageOfWork, outcomes: Sequence[Outcome], context: Context
) -> RetentionRun:
    found = sum(outcome.found for outcome in outcomes)
    held = sum(outcome.held for outcome in outcomes)
    counted = evolve(run.counted(len(page.names), found, held), position=page.position)
    if page.position is not None:
        return counted
    return evolve(counted, state="Completed", ended_at=context.now)


async def _customers(position: str | None, context: Context) -> PageOfWork:
    here = WalkPosition(**from_json(position)) if position else None
    page = await walk(here, limit=PAGE_SIZE, context=context)
    after = page.position
    text = to_json({"year": after.year, "after": after.after}).decode() if after else None
    return PageOfWork(page.keys, text)


async def _books(position: str | None, context: Context) -> PageOfWork:
    books = await book_owners_after(position or "", limit=PAGE_SIZE, context=context)
    return PageOfWork(books, books[-1] if len(books) == PAGE_SIZE else None)
