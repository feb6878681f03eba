"""What tests of runs have in common: a time, and what a feed, a bus and a builder would do."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from local.bus.sqlite import SqliteBus
from shared.composition import wiring
from shared.context import Context
from shared.distribution.domain.runs import BuildPackage, GroupResult, GroupStatus, Run
from shared.distribution.runs.documents import RUN, query_runs
from shared.distribution.runs.messages import QUEUE
from shared.distribution.runs.sending import send_run
from shared.ports.bus import Bus
from shared.ports.changes import change_of
from tests.api import COMPANY

MAX_MESSAGES = 100
MINUTE = timedelta(minutes=1)
NOW = datetime(2031, 5, 4, 12, 0, 30, tzinfo=UTC)


def context(now: datetime = NOW) -> Context:
    return wiring.backend().context(COMPANY, "system:distribution", now)


async def runs_of(job: str) -> list[Run]:
    """Return the runs of a job, newest first."""
    runs, _ = await query_runs(job, None, limit=100, continuation=None, context=context())
    return [run.value for run in runs]


async def send(run: Run, bus: Bus | None = None, now: datetime = NOW) -> None:
    """Do what the feed does when it tells of the run."""
    body = {
        "channel": "*jobs", "legalEntity": COMPANY, "id": f"{RUN}:{run.id}", "type": RUN,
        "revision": run.revision,
    }  # fmt: skip
    change = change_of("distribution", body)
    await send_run(change, bus=bus or wiring.backend().bus, context=context(now))


async def received() -> list[BuildPackage]:
    """Return the commands in the queue, by the places of their groups, and empty it."""
    bus = wiring.backend().bus
    assert isinstance(bus, SqliteBus)
    commands: list[BuildPackage] = []
    while messages := await bus.receive(QUEUE, MAX_MESSAGES):
        for message in messages:
            commands.append(BuildPackage.model_validate_json(message.message.body))
            await bus.complete(message)
    return sorted(commands, key=lambda command: command.place)


def results(
    commands: Sequence[BuildPackage], *statuses: GroupStatus
) -> list[tuple[BuildPackage, GroupResult]]:
    """Return each command with what becomes of its group."""
    return [
        (command, GroupResult(channel_database_group=command.group, status=status))
        for command, status in zip(commands, statuses, strict=True)
    ]
