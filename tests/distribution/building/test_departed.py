"""Groups and channels that are gone: 30 days later nothing is kept of them."""

from dataclasses import replace
from datetime import timedelta

from shared.composition import wiring
from shared.context import Context
from shared.distribution.building import documents
from shared.distribution.building.departed import forget_departed
from shared.distribution.building.sweeping import sweep_packages
from shared.distribution.sessions.documents import find_said, read_positions
from shared.ports.documents import Prefix
from tests.api import ADMINISTRATOR, Api
from tests.consent.spreading.test_spread_under_faults import context_of
from tests.distribution.exclusion.scenes import group_south
from tests.distribution.scenes import build, sessions, tell


def in_days(days: float) -> Context:
    context = context_of()
    return replace(context, now=context.now + timedelta(days=days))


async def kept_of(group: str) -> list[str]:
    context = context_of()
    where = documents.partition(group, context)
    return [one.id async for one in context.documents.all(documents.CONTAINER, where)]


async def numbers_of(channel: str = "HOUSTON") -> dict[str, int]:
    positions = await read_positions(channel, context_of())
    return {job: position.value.number for job, position in positions.items()}


async def remove(api: Api, setting: str) -> None:
    path = f"settings/{setting}"
    answer = await api.call("DELETE", path, None, bearer=ADMINISTRATOR, if_match="*")
    assert answer.status_code == 204, answer.text


async def moved_to_the_south(api: Api) -> None:
    """Let Houston apply two packages of its own group, and then join another group."""
    await build("1110")
    await tell(api, "1110-000001", "Applied")
    await build("1110", is_full=True)
    await tell(api, "1110-000002", "Applied")
    await forget_departed(in_days(0))
    await group_south(api)


async def test_a_group_is_forgotten_30_days_after_its_last_channel_left(api: Api) -> None:
    await moved_to_the_south(api)
    first = await forget_departed(in_days(1))
    kept, numbers = await kept_of("HOUSTON"), await numbers_of()
    second = await forget_departed(in_days(30.9))
    third = await forget_departed(in_days(31))
    again = await forget_departed(in_days(32))

    assert (first, second, third, again) == (0, 0, 1, 0)
    assert "chain:1110" in kept
    assert numbers == {"1110": 2}
    assert await kept_of("HOUSTON") == []
    assert await numbers_of() == {}, "they are numbers of the group that is forgotten"


async def test_a_group_that_comes_back_begins_again_for_who_was_in_it(api: Api) -> None:
    await moved_to_the_south(api)
    for day in (1, 31):
        await sweep_packages(packages=wiring.backend().packages, context=in_days(day))
    await remove(api, "channel-database-groups/South")
    built = await build("1110")
    [offer] = (await sessions(api, "status=Available")).values()
    await tell(api, offer["id"], "Applied")

    assert (built.number, offer["id"], offer["form"]) == (1, "1110-000001", "full")
    assert await numbers_of() == {"1110": 1}


async def test_a_group_that_comes_back_in_time_goes_on(api: Api) -> None:
    await moved_to_the_south(api)
    await forget_departed(in_days(1))
    await remove(api, "channel-database-groups/South")
    await forget_departed(in_days(2))
    await forget_departed(in_days(40))
    built = await build("1110", is_full=True)

    assert built.number == 3
    assert await numbers_of() == {"1110": 2}


async def test_a_channel_is_forgotten_30_days_after_it_was_removed(api: Api) -> None:
    await build("1110", channel="SANFRAN")
    await tell(api, "1110-000001", "Applied", channel="SANFRAN")
    await forget_departed(in_days(0))
    await remove(api, "stores/SANFRAN")
    await forget_departed(in_days(0))
    kept = await numbers_of("SANFRAN")
    forgotten = await forget_departed(in_days(30))

    assert kept == {"1110": 1}
    assert forgotten == 2, "the channel, and the group that it was by itself"
    assert await numbers_of("SANFRAN") == {}
    assert await find_said("SANFRAN", "1110-000001", context_of()) is None


async def test_who_is_there_is_never_forgotten(api: Api) -> None:
    await build("1110")
    await tell(api, "1110-000001", "Applied")

    for day in (0, 40, 80):
        assert await forget_departed(in_days(day)) == 0
    assert await numbers_of() == {"1110": 1}
    stored = [
        one
        async for one in wiring.backend().documents.all(
            documents.CONTAINER, context_of().partition("*jobs"), Prefix("id", "channels-seen")
        )
    ]
    assert len(stored) == 1
