"""Building for a run: what a message of the queue asks for, and what becomes of its group."""

import time
from dataclasses import dataclass
from functools import partial

from shared.context import Context
from shared.core.evolve import evolve
from shared.distribution.building.build import build_package
from shared.distribution.building.builds import BuildCanceled, BuildGoesOn, Built, remove_build
from shared.distribution.building.included import await_included
from shared.distribution.building.orders import order_of
from shared.distribution.building.writing import MAX_ROWS
from shared.distribution.domain.runs import BuildPackage, GroupResult, GroupStatus, Run
from shared.distribution.runs.messages import send_later, send_on
from shared.distribution.runs.results import begin_group, end_group, is_canceled, read_run
from shared.ports.bus import Bus
from shared.ports.packages import Packages


async def build_for_run(
    command: BuildPackage,
    *,
    packages: Packages,
    bus: Bus,
    context: Context,
    max_rows: int = MAX_ROWS,
) -> Built | None:
    """Build the package of one group, and say what became of it; None if nothing was to be done.

    The message may come again: what was built is found. A long build gives way after each part,
    and goes on by a message of its own. While one goes on, another run of the same job waits for
    it, and one of the clock is skipped: the next has all that it had. Raises RunNotFound,
    Unavailable.
    """
    run = (await read_run(command.run, context)).value
    building = _Building(command, run, packages, bus, context, max_rows)
    if run.canceled_at:
        await building.cancel()
    elif run.trigger == "Schedule" or await begin_group(command, context):
        await await_included(run, context)
        try:
            return await building.build()
        except BuildCanceled:
            await building.cancel()
        except BuildGoesOn as exc:
            await building.wait(exc)
    return None


async def fail_for_run(command: BuildPackage, message: str, context: Context) -> None:
    """Say that the package could not be built."""
    failed = GroupResult(channel_database_group=command.group, status="Failed", message=message)
    await end_group(command, failed, context)
    await remove_build(command.group, command.run, context)


@dataclass(frozen=True, slots=True)
class _Building:
    """Builds for one message."""

    command: BuildPackage
    run: Run
    packages: Packages
    bus: Bus
    context: Context
    max_rows: int

    async def build(self) -> Built:
        command, context = self.command, self.context
        begun = time.monotonic()
        order = await order_of(command, self.run, self.max_rows, context)
        asked = partial(is_canceled, self.run.id, context)
        built = await build_package(
            order, packages=self.packages, context=context, is_canceled=asked
        )
        seconds = round(command.seconds + time.monotonic() - begun, 3)
        if built.step:
            await self._give_way(built.step, seconds)
        else:
            result = GroupResult(channel_database_group=command.group, seconds=seconds)
            await end_group(command, _outcome(built, result), context)
        return built

    async def cancel(self) -> None:
        await self._end("Canceled")
        await remove_build(self.command.group, self.run.id, self.context)

    async def wait(self, other: BuildGoesOn) -> None:
        """Wait for the build of another run, if this one is by hand."""
        if self.run.trigger == "RunNow":
            await send_later(self.command, self.run, bus=self.bus, context=self.context)
        else:
            await self._end("Skipped", other.detail)

    async def _end(self, status: GroupStatus, message: str | None = None) -> None:
        group = self.command.group
        result = GroupResult(channel_database_group=group, status=status, message=message)
        await end_group(self.command, result, self.context)

    async def _give_way(self, step: int, seconds: float) -> None:
        """Send the message of the build again, unless it was said to have failed meanwhile."""
        if await begin_group(self.command, self.context):
            await send_on(evolve(self.command, seconds=seconds), self.run, step, self.bus)
        else:
            await remove_build(self.command.group, self.run.id, self.context)


def _outcome(built: Built, result: GroupResult) -> GroupResult:
    if built.package is None:
        return evolve(result, status="Excluded" if built.is_excluded else "NoData")
    forms = built.package.forms.values()
    return evolve(
        result,
        status="Packaged",
        number=built.package.number,
        form=built.package.form_name,
        rows=sum(form.rows for form in forms),
        bytes=sum(form.bytes for form in forms),
    )
