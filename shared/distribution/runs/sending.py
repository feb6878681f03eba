"""Sending runs: for each group of a new run one message, in the order in which runs came."""

from contextlib import suppress

from shared.context import Context
from shared.core.errors import AlreadyExists
from shared.core.retry import until_not_stale
from shared.distribution.domain.runs import Run
from shared.distribution.domain.tables import KINDS
from shared.distribution.index.settings import index_tables
from shared.distribution.runs import documents
from shared.distribution.runs.including import current_groups
from shared.distribution.runs.messages import QUEUE, message_of
from shared.distribution.runs.results import end_run
from shared.ports.bus import Bus
from shared.ports.changes import Change, check_reached


async def prepare(job: str, context: Context) -> None:
    """Bring the settings of the job into the index, before any of its groups is built."""
    await index_tables(KINDS[job].tables, context)


async def send_run(change: Change, *, bus: Bus, context: Context) -> None:
    """Send the messages of a run that the feed told of, if that was not done.

    Again it sends the same messages: their groups are noted before, and their ids follow from
    them. Raises Unavailable, BusUnavailable, and Lagging where the store does not show the run.
    """
    if change.type != documents.RUN:
        return
    stored = await documents.find_run(change.id.partition(":")[2], context)
    check_reached(stored.value.revision if stored else None, change.number("revision"))
    if stored is None or stored.value.status != "Queued":
        return
    run = stored.value
    await prepare(run.job, context)
    groups = await _groups(run, context)
    if groups:
        messages = [message_of(run, group, place, context) for place, group in enumerate(groups)]
        await bus.send(QUEUE, messages)
    await _start(run.id, context)
    await end_run(run.id, context)  # one without groups is over at once


async def _groups(run: Run, context: Context) -> list[str]:
    """Return the groups of a run as they were when it was first sent; none once it is over."""
    noted = await documents.read_groups(run.id, context)
    if noted is None:
        names = list(await current_groups(context))
        asked = run.channel_database_groups
        chosen = [name for name in names if name in asked] if asked else names
        with suppress(AlreadyExists):
            await documents.create_groups(run.id, chosen, context)
        noted = await documents.read_groups(run.id, context)
    return noted or []


async def _start(run_id: str, context: Context) -> None:
    """Say that the run is sent, unless it was canceled or has ended meanwhile."""

    async def attempt() -> None:
        stored = await documents.find_run(run_id, context)
        if stored and stored.value.status == "Queued":
            await documents.replace_run(stored.value.started(context.now), stored.etag, context)

    await until_not_stale(attempt, turn=context.turn("run", run_id))
