"""Runs end though who built last for a group could not say that this failed."""

from datetime import timedelta

import pytest

from local.bus.sqlite import SqliteBus
from shared.composition import wiring
from shared.core.errors import Unavailable
from shared.distribution.building.forsaken import fail_forsaken
from shared.distribution.building.running import fail_for_run
from shared.distribution.domain.runs import NewRun, Run
from shared.distribution.runs.documents import all_results
from shared.distribution.runs.messages import QUEUE
from shared.distribution.runs.results import end_group
from shared.distribution.runs.starting import start_run
from shared.ports.bus import Outgoing
from tests.api import Api
from tests.distribution.runs.scenes import NOW, context, received, results, runs_of, send


async def started() -> Run:
    run = (await start_run("1010", NewRun(), context=context())).value
    await send(run)
    return run


async def look(**later: float) -> None:
    now = NOW + timedelta(**later)
    await fail_forsaken(bus=wiring.backend().bus, context=context(now))


async def outcomes(run: Run) -> list[tuple[str, str | None]]:
    found = await all_results(run.id, context())
    return [(one.status, one.message) for one in found]


async def bury(bus: SqliteBus) -> None:
    """Abandon all messages of the queue until they are dead letters."""
    while messages := await bus.receive(QUEUE, 100):
        for message in messages:
            await bus.abandon(message)


async def test_a_run_ends_whose_last_delivery_could_not_be_noted(api: Api) -> None:
    run = await started()
    bus = wiring.backend().bus
    assert isinstance(bus, SqliteBus)
    commands = await received()
    for end in results(commands[1:], "NoData", "Packaged"):
        await end_group(*end, context())
    with api.failing_after(0), pytest.raises(Unavailable):
        await fail_for_run(commands[0], "internal", context())
    before = (await runs_of("1010"))[0].status
    bodies = [b"not a command", commands[0].model_dump_json(by_alias=True).encode()]
    await bus.send(QUEUE, [Outgoing(f"{number}", body) for number, body in enumerate(bodies)])
    await bury(bus)
    await look(minutes=1)
    await look(minutes=2)

    assert before == "Running"
    assert (await runs_of("1010"))[0].status == "PartlyFailed"
    assert ("Failed", "dead-letter") in await outcomes(run)
    assert len(await bus.dead_letters(QUEUE, after=0, limit=9)) == 2, "who operates may try again"


async def test_a_run_ends_a_day_after_it_was_sent_though_its_messages_are_lost(
    api: Api,
) -> None:
    run = await started()
    first = (await received())[0]
    await end_group(*results([first], "Packaged")[0], context())
    await look(hours=23)
    before = (await runs_of("1010"))[0].status
    await look(hours=25)

    assert before == "Running"
    assert (await runs_of("1010"))[0].status == "PartlyFailed"
    assert sorted(await outcomes(run), key=str) == [
        ("Failed", "no-answer"), ("Failed", "no-answer"), ("Packaged", None),
    ]  # fmt: skip


async def test_a_run_ends_whose_groups_have_all_ended(api: Api) -> None:
    await started()
    *others, last = results(await received(), "NoData", "NoData", "Packaged")
    for end in others:
        await end_group(*end, context())
    with api.failing_after(1), pytest.raises(Unavailable):
        await end_group(*last, context())
    await look(hours=25)

    assert (await runs_of("1010"))[0].status == "Succeeded"
