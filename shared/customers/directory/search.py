"""Finding customers, and listing them."""

from dataclasses import dataclass, replace
from typing import Any

from shared.context import Context
from shared.customers.domain.directory import listing_bucket
from shared.customers.domain.search import By, Question, Stratum, show
from shared.ports.documents import Condition, Contains, Equal, Order, Page, Range

MOST_QUERIES = 5
FEWEST_READ = 20
MOST_READ = 200  # entries in one query; the first reads few, each further one twice as many
AFTER = "\x01"  # smaller than any character of an id: an id with it is just after the id
LAST = "\U0010ffff"

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """Where the next page begins: a stratum, or a year, and the id after which it goes on."""

    step: int = 0
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """`books` narrows to customers in one of these address books; None does not."""

    q: str | None
    by: By | None
    books: tuple[str, ...] | None
    limit: int
    position: Position | None = None


Found = tuple[list[Line], Position | None]


async def search_customers(asked: Asked, *, context: Context) -> Found:
    """Return the customers that match all words: most often by one query, by five at the most.

    A page may be short, even empty, and still have a next one: it stops where looking further
    would cost more than a page should.
    """
    question = Question.of(asked.q or "", asked.by)
    steps = question.strata
    found: list[Line] = []
    position = asked.position or Position()
    for turn in range(MOST_QUERIES):
        if position.step >= len(steps):
            return found, None
        at = steps[position.step]
        page = await _read(asked, at, position, turn, context)
        position, full = _gather(found, page, asked.limit, question, position)
        if full:
            return found, position
        if page.continuation is None:
            position = Position(position.step + 1)
            if at.kind == "pair" and found:
                break
    return found, position if position.step < len(steps) else None


async def list_customers(asked: Asked, *, context: Context) -> Found:
    """Return the newest customers first, year by year. One query, but over a turn of the year."""
    company = await context.configuration.company(context.legal_entity)
    found: list[Line] = []
    position = asked.position or Position(context.now.year)
    for _ in range(MOST_QUERIES):
        wanted = asked.limit - len(found)
        if position.step < company.since or wanted == 0:
            break
        page = await context.documents.query(
            "directory",
            context.place(listing_bucket(position.step)),
            Range("id", end=position.after),
            Equal("active", True),
            *_in_books(asked),
            order=Order(("id",), descending=True),
            limit=wanted,
        )
        found += [{**document.body["line"], "match": []} for document in page.documents]
        if page.continuation is not None:
            return found, replace(position, after=page.documents[-1].id)
        position = Position(position.step - 1)
    return found, position if position.step >= company.since else None


async def _read(asked: Asked, at: Stratum, position: Position, turn: int, context: Context) -> Page:
    start = at.prefix if position.after is None else position.after + AFTER
    narrowed: list[Condition] = [Contains("fields", (asked.by,))] if asked.by else []
    return await context.documents.query(
        "directory",
        context.place(at.bucket),
        Range("id", start=start, end=at.prefix + LAST),
        *narrowed,
        *_in_books(asked),
        limit=min(max(asked.limit + 1, FEWEST_READ) << turn, MOST_READ),
    )


def _gather(
    found: list[Line], page: Page, limit: int, question: Question, position: Position
) -> tuple[Position, bool]:
    """Add what the page has to show; return where it stands, and whether more is left."""
    after, step = position.after, position.step
    for document in page.documents:
        line = show(document.body, question, step)
        if line is not None:
            if len(found) == limit:
                return Position(step, after), True
            found.append(line)
        after = document.id
    return Position(step, after), False


def _in_books(asked: Asked) -> list[Condition]:
    return [] if asked.books is None else [Contains("books", asked.books)]
