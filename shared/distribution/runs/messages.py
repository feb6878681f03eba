"""The messages of runs: one for each group, and those that a build sends for itself."""

from datetime import datetime, timedelta
from typing import Final

from shared.context import Context
from shared.core.evolve import evolve
from shared.distribution.domain.runs import BuildPackage, Run
from shared.ports.bus import Bus, Outgoing, session_of
from shared.sync.outbox import trace_properties

QUEUE: Final = "distribution-runs"
WAITING: Final = timedelta(seconds=10)  # of a run by hand, for another one's long build


def message_of(run: Run, group: str, place: int, context: Context) -> Outgoing:
    """Return the message that has the package of a group built."""
    command = BuildPackage(
        legal_entity=context.legal_entity, job=run.job, run=run.id, group=group, place=place
    )
    return _outgoing(command, run)


async def send_on(command: BuildPackage, run: Run, step: int, bus: Bus) -> None:
    """Send the message of a build that gives way, behind all others of its group."""
    await bus.send(QUEUE, [_outgoing(command, run, f":part-{step}")])


async def send_later(command: BuildPackage, run: Run, *, bus: Bus, context: Context) -> None:
    """Send a message again for later. Its id differs: the bus would drop the same one."""
    again = evolve(command, tries=command.tries + 1)
    due = context.now + WAITING
    await bus.send(QUEUE, [_outgoing(again, run, f":try-{again.tries}", due)])


def _outgoing(
    command: BuildPackage, run: Run, behind: str = "", due: datetime | None = None
) -> Outgoing:
    return Outgoing(
        id=f"{command.legal_entity}:{command.run}:{command.group}{behind}",
        body=command.model_dump_json(by_alias=True).encode(),
        session=session_of(f"{command.legal_entity}:{command.group}"),
        properties={
            "type": command.kind,
            "legalEntity": command.legal_entity,
            "job": command.job,
            **trace_properties(run.traceparent),
        },
        due=due,
    )
