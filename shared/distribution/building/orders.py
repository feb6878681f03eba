"""What is to be built."""

from dataclasses import dataclass
from typing import Final

from shared.context import Context
from shared.distribution.audience import read_audience
from shared.distribution.building.writing import MAX_ROWS
from shared.distribution.domain.runs import BuildPackage, Run
from shared.distribution.domain.scopes import Scope
from shared.distribution.index.reading import PAGE_SIZE
from shared.distribution.runs.jobs import read_job

SYSTEM: Final = "system:"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built: for whom, of which job, for which run, and whether in full.

    `after` are the jobs whose packages are to be applied before. It `is_needed` in full where a
    channel cannot go on by deltas; that is looked up. A part has `max_rows`, and a page more.
    """

    group: str
    job: str
    run: str
    scope: Scope
    after: tuple[str, ...] = ()
    is_full: bool = False
    is_needed: bool = False
    is_by_hand: bool = False
    max_rows: int = MAX_ROWS
    page_size: int = PAGE_SIZE


async def order_of(command: BuildPackage, run: Run, max_rows: int, context: Context) -> Order:
    """Return what a message asks for, by the job and the channels as they are now."""
    job = (await read_job(command.job, context)).job.value
    audience = await read_audience(context)
    return Order(
        group=command.group,
        job=command.job,
        run=run.id,
        scope=audience.scope(command.group, job),
        after=job.kind.after,
        is_full=run.full,
        is_by_hand=not run.requested_by.startswith(SYSTEM),
        max_rows=max_rows,
    )
