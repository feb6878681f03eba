"""Reading a line of an upload: its operation, and the customer that it names."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from shared.context import Context
from shared.core.errors import Invalid
from shared.core.sent.reading import model_of, read_json
from shared.customers.domain.customers import CustomerNotFound
from shared.jobs.domain.lines import Line as JobLine
from shared.jobs.domain.lines import check_text
from shared.offline.apply import customer_of
from shared.offline.attempts import Line
from shared.offline.domain.uploads import OfflineOperation, UploadSession

MAX_DEPTH = 30  # levels of a body


async def read_line(number: int, text: str, session: UploadSession, *, context: Context) -> Line:
    """Return the line as it is understood, with its customer where that is known."""
    line = Line(session.id, session.channel, number)
    try:
        line = replace(line, operation=_parse(text))
        if line.operation:
            line = replace(line, customer=await customer_of(line.operation, context))
    except (Invalid, CustomerNotFound) as exc:
        return replace(line, refusal=exc)
    return line


def _parse(text: str) -> OfflineOperation:
    check_text(text)
    try:
        operation = model_of(OfflineOperation, read_json(text))
        if _is_deep(operation.body):
            raise Invalid.at("/body", "too-deep", f"The body has more than {MAX_DEPTH} levels.")
    except ValueError as exc:
        raise Invalid.at("", "malformed-json", str(exc)) from None
    return operation


def _is_deep(value: Any, levels: int = MAX_DEPTH) -> bool:
    """Return whether the store may refuse it: Cosmos DB has a limit for nesting of its own."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels == 0 or any(_is_deep(item, levels - 1) for item in items)


async def by_customer(
    content: Sequence[JobLine], session: UploadSession, context: Context
) -> list[list[Line]]:
    """Return the lines of each customer, in their order."""
    lines = [await read_line(number, text, session, context=context) for number, text in content]
    lines.sort(key=lambda line: line.customer)  # stable, so the order of each customer stays
    return [list(some) for _, some in groupby(lines, key=lambda line: line.customer)]
