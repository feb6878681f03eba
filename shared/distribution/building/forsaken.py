"""Groups of runs that nobody builds any more, and of which nobody could say so."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Final

from pydantic import ValidationError

from shared.context import Context
from shared.distribution.building.running import fail_for_run
from shared.distribution.domain.runs import BuildPackage, Run, RunNotFound
from shared.distribution.runs.documents import query_unfinished, read_groups, read_progress
from shared.distribution.runs.messages import QUEUE
from shared.distribution.runs.results import end_run
from shared.ports.bus import Bus, DeadLetter

FORSAKEN: Final = timedelta(days=1)  # since a run was sent; its messages are nowhere then
MAX_RUNS: Final = 100
PEEK_SIZE: Final = 100
DEAD, LOST = "dead-letter", "no-answer"  # what is said of the group


async def fail_forsaken(*, bus: Bus, context: Context) -> None:
    """Say that groups failed whose messages are dead letters, or whose run was sent a day ago.

    Whoever delivers a message for the last time says so, unless that fails, too; without this, the
    run would never end. Again it changes nothing. One query, a look at the bus, and two point
    reads for each dead letter. Raises Unavailable, BusUnavailable.
    """
    async for command in _dead(bus, context):
        await _fail(command, DEAD, context)
    for run in await query_unfinished(MAX_RUNS, context):
        if run.started_at and context.now - run.started_at > FORSAKEN:
            async for command in _unanswered(run, context):
                await _fail(command, LOST, context)
            await end_run(run.id, context)  # where all groups had ended, and nobody noted that


async def _dead(bus: Bus, context: Context) -> AsyncIterator[BuildPackage]:
    """Yield the commands of the company that are dead letters."""
    sequence = 0
    while letters := await bus.dead_letters(QUEUE, after=sequence, limit=PEEK_SIZE):
        for letter in letters:
            sequence = letter.sequence
            command = _command_of(letter)
            if command and command.legal_entity == context.legal_entity:
                yield command


def _command_of(letter: DeadLetter) -> BuildPackage | None:
    try:
        return BuildPackage.model_validate_json(letter.message.body)
    except ValidationError:
        return None  # it is a dead letter for that


async def _unanswered(run: Run, context: Context) -> AsyncIterator[BuildPackage]:
    """Yield the commands of the groups that have not ended."""
    progress = await read_progress(run.id, context)
    for place, group in enumerate(await read_groups(run.id, context) or []):
        if progress and not progress.value.has_ended(place):
            yield BuildPackage(
                legal_entity=context.legal_entity,
                job=run.job,
                run=run.id,
                group=group,
                place=place,
            )


async def _fail(command: BuildPackage, message: str, context: Context) -> None:
    with suppress(RunNotFound):  # it ended too long ago
        await fail_for_run(command, message, context)
