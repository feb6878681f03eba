"""Working through imports: a customer for each line."""

from collections import Counter
from dataclasses import dataclass, replace

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.errors import Invalid, Refusal, Unavailable
from shared.core.sent.reading import model_of, read_json
from shared.customers.creation.creation import create_customer
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import CustomerExists
from shared.customers.domain.imports import Import, Outcome, RefusedLine, refused_line
from shared.customers.imports.documents import import_jobs, put_refused_line
from shared.jobs.domain.lines import Line, check_text, unpacked
from shared.jobs.work import Applied, Attempt, work_through

LINES_AT_ONCE = 1  # one waits little for the store, and more delays whoever waits for an answer


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one line."""

    outcome: Outcome
    refused: RefusedLine | None = None


async def create_next_customers(import_: Import, *, context: Context) -> bool:
    """Create the customers of the next chunk; return whether to go on at once.

    A line that created its customer before is known by its fingerprint. Raises Unavailable, for
    the feed to come again.
    """

    async def apply(import_: Import, attempt: Attempt) -> Applied:
        async def create(line: Line) -> LineResult:
            return await _create(line, import_, context)

        results = await side_by_side(unpacked(attempt.content), create, at_once=LINES_AT_ONCE)
        refused = [result.refused for result in results if result.refused]
        return Applied(
            Counter(result.outcome for result in results),
            operations=[put_refused_line(line) for line in refused[: import_.refusals_to_keep]],
        )

    jobs = import_jobs(import_.id, context.documents)
    return await work_through(jobs, import_, apply, now=context.now)


async def _create(line: Line, import_: Import, context: Context) -> LineResult:
    number, text = line
    context = replace(context, fingerprint=f"{import_.id}:{number}", source="Import")
    try:
        customer = _parse(text, import_.store_number)
        await create_customer(customer, context=context, allow_duplicate=True)
    except CustomerExists:
        return LineResult("alreadyThere")
    except Unavailable:
        raise
    except Refusal as exc:
        return LineResult("refused", refused_line(number, exc))
    return LineResult("created")


def _parse(text: str, store_number: str | None) -> NewCustomer:
    """Return the line as a create body; `store_number` is for a line that names none."""
    check_text(text)
    try:
        body = read_json(text)
        if store_number is not None and isinstance(body, dict):
            body.setdefault("storeNumber", store_number)
        return model_of(NewCustomer, body)
    except ValueError as exc:
        raise Invalid.at("", "malformed-json", str(exc)) from None
