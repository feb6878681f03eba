"""Runs whose builds are long: each message builds a part, and others of the group come between."""

from typing import Any

import pytest

from shared.composition import wiring
from shared.distribution.building.builds import Built, all_builds
from shared.distribution.building.running import build_for_run, fail_for_run
from shared.distribution.domain.runs import BuildPackage, GroupResult, NewRun, Run
from shared.distribution.runs.clock import start_due_runs
from shared.distribution.runs.documents import all_results
from shared.distribution.runs.jobs import list_jobs
from shared.distribution.runs.messages import QUEUE
from shared.distribution.runs.results import end_group
from shared.distribution.runs.starting import cancel_run, start_run
from shared.ports.bus import BusUnavailable, Outgoing, session_of
from tests.api import Api
from tests.distribution.runs.scenes import MINUTE, NOW, context, received, runs_of, send

JOB, GROUP = "1110", "HOUSTON"


class Sent:
    """A bus that keeps what is sent."""

    def __init__(self) -> None:
        self.messages: list[Outgoing] = []
        self.is_away = False

    async def send(self, entity: str, messages: list[Outgoing]) -> None:
        assert entity == QUEUE
        if self.is_away:
            raise BusUnavailable("away")
        self.messages += messages

    def take(self) -> tuple[str, BuildPackage]:
        """Return what is behind the id of the only message, and its command."""
        [message] = self.messages
        command = BuildPackage.model_validate_json(message.body)
        self.messages.clear()
        assert message.session == session_of(f"{command.legal_entity}:{command.group}")
        return message.id.removeprefix(f"USRT:{command.run}:{command.group}"), command


@pytest.fixture
def bus() -> Any:
    return Sent()


async def by_hand(*, is_full: bool = True) -> tuple[Run, BuildPackage]:
    """Start and send a run of one group; return it with its command."""
    new = NewRun(full=is_full, channel_database_groups=[GROUP])
    run = (await start_run(JOB, new, context=context())).value
    await send(run)
    [command] = await received()
    return run, command


async def build(command: BuildPackage, bus: Any) -> Built | None:
    packages = wiring.backend().packages
    return await build_for_run(
        command, packages=packages, bus=bus, context=context(), max_rows=1
    )  # fmt: skip


async def result_of(run: Run) -> GroupResult:
    results = await all_results(run.id, context())
    return next(one for one in results if one.channel_database_group == GROUP)


async def test_a_part_and_then_the_rest_by_a_message_of_its_own(api: Api, bus: Any) -> None:
    run, command = await by_hand()
    first = await build(command, bus)
    building = await result_of(run)
    behind, again = bus.take()
    second = await build(again, bus)
    packaged = await result_of(run)

    assert first
    assert second
    assert (first.step, second.step) == (1, None)
    assert (building.status, behind) == ("Building", ":part-1")
    assert (packaged.status, packaged.number, packaged.form) == ("Packaged", 1, "full")
    assert packaged.seconds >= again.seconds > 0
    assert bus.messages == []
    assert (await runs_of(JOB))[0].status == "Succeeded"


async def test_who_could_not_say_that_it_gives_way_goes_on_when_it_comes_again(
    api: Api, bus: Any
) -> None:
    run, command = await by_hand()
    bus.is_away = True
    with pytest.raises(BusUnavailable):
        await build(command, bus)
    bus.is_away = False
    await build(command, bus)  # the second part, which is the last one

    assert bus.messages == []
    assert (await result_of(run)).status == "Packaged"


async def test_a_run_of_the_clock_is_skipped_while_another_one_is_built(api: Api, bus: Any) -> None:
    await list_jobs(context(NOW - 16 * MINUTE))
    _, long = await by_hand()
    await build(long, bus)
    await start_due_runs(context())
    clock = next(one for one in await runs_of(JOB) if one.trigger == "Schedule")
    await send(clock)
    commands = [one for one in await received() if one.run == clock.id]
    for command in commands:
        if command.group == GROUP:
            assert await build(command, bus) is None
        else:
            nothing = GroupResult(channel_database_group=command.group, status="NoData")
            await end_group(command, nothing, context())
    [ended] = [one for one in await runs_of(JOB) if one.id == clock.id]
    behind, again = bus.take()
    await build(again, bus)

    assert behind == ":part-1", "the clock sends nothing again"
    assert ended.counts == {"Skipped": 1, "NoData": len(commands) - 1}
    assert ended.status == "NoData"
    assert [one.status for one in await runs_of(JOB) if one.trigger == "RunNow"] == ["Succeeded"]


async def test_a_run_by_hand_waits_while_another_one_is_built(api: Api, bus: Any) -> None:
    _, long = await by_hand()
    await build(long, bus)
    _, rest = bus.take()
    run, command = await by_hand(is_full=False)
    tries = []
    for _ in range(2):
        await build(command, bus)
        assert bus.messages[0].due > NOW
        behind, command = bus.take()
        tries.append(behind)
    await build(rest, bus)
    await build(command, bus)

    assert tries == [":try-1", ":try-2"]
    assert (await result_of(run)).status == "NoData", "the long one had it all"
    assert {one.status for one in await runs_of(JOB)} == {"Succeeded", "NoData"}


async def test_a_run_that_is_canceled_between_two_parts(api: Api, bus: Any) -> None:
    run, command = await by_hand()
    await build(command, bus)
    _, again = bus.take()
    await cancel_run(JOB, run.id, context=context())
    await build(again, bus)
    following, command = await by_hand()
    await build(command, bus)

    assert (await result_of(run)).status == "Canceled"
    assert {one.id: one.status for one in await runs_of(JOB)}[run.id] == "Canceled"
    assert bus.take()[0] == ":part-1", "nobody waits for what was canceled"
    assert (await result_of(following)).status == "Building"


async def test_a_run_that_was_said_to_have_failed_is_not_gone_on_with(api: Api, bus: Any) -> None:
    run, command = await by_hand()
    await build(command, bus)
    _, again = bus.take()
    await fail_for_run(command, "internal", context())
    await build(again, bus)

    assert bus.messages == []
    assert (await result_of(run)).status == "Failed"
    assert await all_builds(GROUP, context()) == []
