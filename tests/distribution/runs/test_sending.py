"""A run has one message for each of its groups, whatever fails while it is sent."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from shared.composition import wiring
from shared.core.errors import Unavailable
from shared.distribution.domain.runs import NewRun
from shared.distribution.runs.documents import read_groups, read_progress
from shared.distribution.runs.results import end_group, is_canceled
from shared.distribution.runs.starting import cancel_run, start_run
from shared.ports.bus import Bus, BusUnavailable, DeadLetter, Outgoing, session_of
from shared.ports.changes import Lagging
from tests.api import Api
from tests.distribution.runs.scenes import context, received, results, runs_of, send

CHANNELS = ["HOUSTON", "ONLINE", "SANFRAN"]


async def fail() -> None:
    raise BusUnavailable("the bus is away")


class Away:
    """A bus that takes some messages of each call, and fails then, or does something else."""

    def __init__(self, bus: Bus, taken: int, then: Callable[[], Awaitable[object]] = fail) -> None:
        self.bus, self.taken, self.then = bus, taken, then
        self.sent: list[Outgoing] = []

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        self.sent += messages
        await self.bus.send(entity, messages[: self.taken])
        await self.then()

    async def dead_letters(self, entity: str, *, after: int, limit: int) -> Sequence[DeadLetter]:
        return await self.bus.dead_letters(entity, after=after, limit=limit)

    async def replay(self, entity: str, sequence: int, body: bytes | None) -> bool:
        return await self.bus.replay(entity, sequence, body)

    async def drop(self, entity: str, sequence: int) -> bool:
        return await self.bus.drop(entity, sequence)

    async def compact(self) -> None:
        await self.bus.compact()


async def test_each_group_has_a_message_in_the_session_of_the_group(api: Api) -> None:
    run = (await start_run("1010", NewRun(), context=context())).value
    bus = Away(wiring.backend().bus, 3)
    with pytest.raises(BusUnavailable):
        await send(run, bus)

    commands = await received()
    assert [command.group for command in commands] == CHANNELS
    assert [command.place for command in commands] == [0, 1, 2]
    assert {(command.run, command.job) for command in commands} == {(run.id, "1010")}
    assert [message.id for message in bus.sent] == [f"USRT:{run.id}:{name}" for name in CHANNELS]
    assert [message.session for message in bus.sent] == [
        session_of(f"USRT:{name}") for name in CHANNELS
    ]
    assert bus.sent[0].properties["job"] == "1010"


@pytest.mark.parametrize("taken", range(4))
async def test_a_run_that_met_no_bus_is_sent_when_it_is_back(api: Api, taken: int) -> None:
    run = (await start_run("1010", NewRun(), context=context())).value
    for _ in range(2):
        with pytest.raises(BusUnavailable):
            await send(run, Away(wiring.backend().bus, taken))
        assert (await runs_of("1010"))[0].status == "Queued"

    await send(run)
    await send(run)

    assert [command.group for command in await received()] == CHANNELS
    assert (await runs_of("1010"))[0].status == "Running"


@pytest.mark.parametrize("commits", range(2))
async def test_a_run_that_met_no_store_is_sent_when_it_is_back(api: Api, commits: int) -> None:
    run = (await start_run("1010", NewRun(), context=context())).value
    with api.failing_after(commits), pytest.raises(Unavailable):
        await send(run)

    await send(run)

    assert [command.group for command in await received()] == CHANNELS
    assert (await runs_of("1010"))[0].status == "Running"


async def test_the_groups_of_a_run_stay_while_it_is_sent_again(api: Api) -> None:
    run = (await start_run("1010", NewRun(), context=context())).value
    with pytest.raises(BusUnavailable):
        await send(run, Away(wiring.backend().bus, 1))
    group = {"name": "Alone", "channels": ["HOUSTON"]}
    assert (await api.put_setting("channel-database-groups", "Alone", group)).is_success

    await send(run)

    assert [command.group for command in await received()] == CHANNELS


async def test_a_company_without_channels_has_nothing_to_send(api: Api) -> None:
    stores = (await api.get("settings/stores")).json()["items"]
    for store in stores:
        await api.lose_setting("stores", store["key"])
    run = (await start_run("1010", NewRun(), context=context())).value

    await send(run)

    [ended] = await runs_of("1010")
    assert (ended.status, ended.ended_at) == ("NoData", context().now)


async def test_a_run_that_does_not_show_yet_comes_again(api: Api) -> None:
    run = (await start_run("1010", NewRun(), context=context())).value

    with pytest.raises(Lagging):
        await send(run.model_copy(update={"revision": 1}))
    assert await received() == []


async def test_groups_may_end_before_the_run_is_said_to_be_sent(api: Api) -> None:
    run = (await start_run("1010", NewRun(), context=context())).value
    with pytest.raises(BusUnavailable):
        await send(run, Away(wiring.backend().bus, 3))
    for command, result in results(await received(), "Packaged", "NoData", "NoData"):
        await end_group(command, result, context())
    assert (await runs_of("1010"))[0].status == "Succeeded"

    await send(run)

    assert (await runs_of("1010"))[0].status == "Succeeded"
    assert await received() == []


async def test_a_run_canceled_while_it_is_sent_stops_its_groups(api: Api) -> None:
    run = (await start_run("1010", NewRun(), context=context())).value
    with pytest.raises(BusUnavailable):
        await send(run, Away(wiring.backend().bus, 3))
    await cancel_run("1010", run.id, context=context())

    assert await is_canceled(run.id, context())
    for command, result in results(await received(), "Canceled", "Canceled", "Canceled"):
        await end_group(command, result, context(context().now + timedelta(minutes=1)))

    [ended] = await runs_of("1010")
    assert (ended.status, ended.ended_at) == ("Canceled", context().now)
    assert await read_groups(run.id, context()) is None
    progress = await read_progress(run.id, context())
    assert progress
    assert progress.value.is_over


async def test_a_run_canceled_at_the_moment_that_it_is_sent_stays_canceled(api: Api) -> None:
    run = (await start_run("1010", NewRun(), context=context())).value

    async def cancel() -> None:
        await cancel_run("1010", run.id, context=context())

    await send(run, Away(wiring.backend().bus, 3, then=cancel))

    assert (await runs_of("1010"))[0].status == "Canceled"


async def test_a_run_whose_groups_have_all_ended_is_not_sent_again(api: Api) -> None:
    """Its last builder died before it could end the run, which nobody had said to be sent."""
    run = (await start_run("1010", NewRun(), context=context())).value
    with pytest.raises(BusUnavailable):
        await send(run, Away(wiring.backend().bus, 3))
    *others, last = results(await received(), "NoData", "NoData", "Packaged")
    for end in others:
        await end_group(*end, context())
    with api.failing_after(1), pytest.raises(Unavailable):
        await end_group(*last, context())
    bus = Away(wiring.backend().bus, 3)

    await send(run, bus)

    assert bus.sent == []
    assert (await runs_of("1010"))[0].status == "Succeeded"
