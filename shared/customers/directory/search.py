"""Searching customers, and listing them."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from shared.context import Context
from shared.customers.directory.documents import query_entries, query_listing
from shared.customers.domain.search import By, Question, Stratum, show
from shared.ports.documents import Page

MAX_QUERIES = 5
MIN_PAGE_SIZE = 20
MAX_PAGE_SIZE = 200  # entries in one query; the first reads few, each further one twice as many

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """Where the next page begins: a stratum, or a year, and the id after which it goes on."""

    step: int = 0
    after: str | None = None


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """`books` narrows to customers in one of these address books; None does not narrow."""

    q: str | None
    by: By | None
    books: tuple[str, ...] | None
    limit: int
    position: Position | None = None


class LinePage(NamedTuple):
    """The lines of a page, and where the next one begins."""

    lines: list[Line]
    position: Position | None


async def search_customers(query: SearchQuery, *, context: Context) -> LinePage:
    """Return the customers that match all words: mostly by one query, by five at the most.

    A page may be short, even empty, and still have a next one: it stops where looking further
    would cost more than a page should.
    """
    question = Question.of(query.q or "", query.by)
    strata = question.strata
    lines: list[Line] = []
    position = query.position or Position()
    for turn in range(MAX_QUERIES):
        if position.step >= len(strata):
            return LinePage(lines, None)
        stratum = strata[position.step]
        page = await _read(query, stratum, position, turn, context)
        position, full = _gather(lines, page, query.limit, question, position)
        if full:
            return LinePage(lines, position)
        if page.continuation is None:
            position = Position(position.step + 1)
            if stratum.kind == "pair" and lines:
                break
    return LinePage(lines, position if position.step < len(strata) else None)


async def list_customers(query: SearchQuery, *, context: Context) -> LinePage:
    """Return the newest customers first, year by year: one query, or two at the turn of a year."""
    company = await context.configuration.company(context.legal_entity)
    lines: list[Line] = []
    position = query.position or Position(context.now.year)
    for _ in range(MAX_QUERIES):
        missing = query.limit - len(lines)
        if position.step < company.since or missing == 0:
            break
        page = await query_listing(
            position.step, position.after, books=query.books, limit=missing, context=context
        )
        lines += [{**document.body["line"], "match": []} for document in page.documents]
        if page.continuation is not None:
            return LinePage(lines, replace(position, after=page.documents[-1].id))
        position = Position(position.step - 1)
    return LinePage(lines, position if position.step >= company.since else None)


async def _read(
    query: SearchQuery, stratum: Stratum, position: Position, turn: int, context: Context
) -> Page:
    return await query_entries(
        stratum.bucket,
        stratum.prefix,
        position.after,
        field=query.by,
        books=query.books,
        limit=min(max(query.limit + 1, MIN_PAGE_SIZE) << turn, MAX_PAGE_SIZE),
        context=context,
    )


def _gather(
    lines: list[Line], page: Page, limit: int, question: Question, position: Position
) -> tuple[Position, bool]:
    """Add what the page has to show; return the position behind it, and whether more is left."""
    after, step = position.after, position.step
    for document in page.documents:
        line = show(document.body, question, step)
        if line is not None:
            if len(lines) == limit:
                return Position(step, after), True
            lines.append(line)
        after = document.id
    return Position(step, after), False
