"""What becomes of a run: each group begins and ends once, and the last one ends the run."""

from collections.abc import Sequence

from shared.context import Context
from shared.core.errors import AlreadyExists
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.distribution.domain.runs import (
    BuildPackage,
    CustomerVersion,
    GroupResult,
    Run,
    RunNotFound,
)
from shared.distribution.runs import documents
from shared.distribution.runs.documents import Progress
from shared.ports.documents import Operation, Put, Remove


async def read_run(run_id: str, context: Context) -> Versioned[Run]:
    """Return the run. One point read. Raises RunNotFound."""
    stored = await documents.find_run(run_id, context)
    if stored is None:
        raise RunNotFound(f"There is no run {run_id}.")
    return stored


async def is_canceled(run_id: str, context: Context) -> bool:
    """Return whether somebody has asked to cancel the run. One point read. Raises RunNotFound."""
    return (await read_run(run_id, context)).value.canceled_at is not None


async def begin_group(command: BuildPackage, context: Context) -> bool:
    """Say that a package is being built; return False where the group has ended already.

    Begin once there is something to send: in a run of the clock, a group without data has no
    document. Raises RunNotFound.
    """
    progress = await _progress(command.run, context)
    if progress.value.has_ended(command.place):
        return False
    building = GroupResult(channel_database_group=command.group, status="Building")
    try:
        await documents.create_result(command.run, building, context)
    except AlreadyExists:
        result = await documents.find_result(command.run, command.group, context)
        return result is None or not result.has_ended
    return True


async def end_group(command: BuildPackage, result: GroupResult, context: Context) -> None:
    """Say what became of the group; the run ends with the last of them.

    The first that is said of a group stays: again it changes nothing, but for a run that was left
    before it could end. Raises RunNotFound, Unavailable.
    """
    run = (await read_run(command.run, context)).value

    async def attempt() -> Progress:
        stored = await _progress(command.run, context)
        if stored.value.has_ended(command.place):
            return stored.value
        after = stored.value.with_ended(command.place, result.status)
        operations = await _operations(run, result, after, context)
        progress = Versioned(after, stored.etag)
        await documents.write_progress(command.run, progress, operations, context)
        return after

    progress = await until_not_stale(attempt, turn=context.turn("progress", command.run))
    if progress.is_over:
        await end_run(command.run, context)


async def end_run(run_id: str, context: Context) -> None:
    """End the run by what became of its groups, once all have ended. Raises Unavailable."""

    async def attempt() -> None:
        stored = await documents.find_run(run_id, context)
        progress = await documents.read_progress(run_id, context)
        is_over = stored and not stored.value.has_ended and progress and progress.value.is_over
        if stored and progress and is_over:
            ended = stored.value.ended(progress.value.counts, context.now)
            await documents.replace_run(ended, stored.etag, context)

    await until_not_stale(attempt, turn=context.turn("run", run_id))


async def note_lacking(run_id: str, lacking: Sequence[CustomerVersion], context: Context) -> None:
    """Say which versions the run did not wait for any longer. Raises RunNotFound, Unavailable."""

    async def attempt() -> None:
        stored = await read_run(run_id, context)
        noted = stored.value.lacks(lacking)
        if noted != stored.value:
            await documents.replace_run(noted, stored.etag, context)

    await until_not_stale(attempt, turn=context.turn("run", run_id))


async def _progress(run_id: str, context: Context) -> Versioned[Progress]:
    progress = await documents.read_progress(run_id, context)
    if progress is None:
        raise RunNotFound(f"The run {run_id} was not sent, or it ended too long ago.")
    return progress


async def _operations(
    run: Run, result: GroupResult, after: Progress, context: Context
) -> list[Operation]:
    """Return what is written with the progress; the names of the groups are not needed at last."""
    last: list[Operation] = [Remove(documents.GROUPS)] if after.is_over else []
    group = result.channel_database_group
    if run.keeps(result.status):
        return [Put(documents.result_body(result)), *last]
    if await documents.find_result(run.id, group, context):
        return [Remove(documents.result_id(group)), *last]
    return last
