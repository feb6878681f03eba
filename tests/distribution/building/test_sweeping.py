"""What is swept: what no channel is offered any more, and parts that no package names."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.composition import wiring
from shared.context import Context
from shared.distribution.building import documents
from shared.distribution.building.sweeping import Swept, sweep_packages
from shared.distribution.domain.packages import Package
from shared.distribution.domain.sessions import Offer, Position, offered
from shared.distribution.domain.sweeping import must_renew, obsolete
from shared.ports.packages import name_of
from tests.api import COMPANY, Api
from tests.consent.spreading.test_spread_under_faults import context_of
from tests.distribution.index.simulation import NOW
from tests.distribution.scenes import build, sessions, tell
from tests.distribution.sessions.test_offers import chains
from tests.distribution.sessions.test_sessions import deltas

SOON, OLD = NOW + timedelta(hours=2), NOW + timedelta(days=15)
behind = st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=4)


def positions(chain: list[Package], drawn: list[tuple[int, bool]]) -> list[Position]:
    """Return positions of channels that are so many packages behind, some of them broken."""
    numbers = [(max(len(chain) - count, 0), is_broken) for count, is_broken in drawn]
    return [
        Position(job="1010", number=number, broken=number if is_broken else None)
        for number, is_broken in numbers
    ]


def offers_at(position: Position, chain: list[Package]) -> list[Offer]:
    return offered(position, [one for one in chain if one.number > position.number]).offers


@settings(derandomize=True, database=None, deadline=None, max_examples=400)
@given(chains(), behind)
def test_what_a_channel_is_offered_stays(
    chain: list[Package], drawn: list[tuple[int, bool]]
) -> None:
    held = positions(chain, drawn)
    gone = obsolete(chain, held, SOON)
    left = [one for one in chain if one not in gone]

    assert gone == chain[: len(gone)], "the first ones"
    for position in held:
        assert offers_at(position, left) == offers_at(position, chain)
    for number in range(len(chain)):
        anybody = offers_at(Position(job="1010", number=number), left)
        assert anybody[-1].package.number == len(chain), "whoever is anywhere can go on"
        assert anybody[0].form_name == "full" or anybody[0].package.number == number + 1
        assert all(b.package.number == a.package.number + 1 for a, b in pairwise(anybody))
        assert all(offer.form.rows == 0 for offer in anybody), "in a form that is there"
    newest = max(one.number for one in chain if one.full)
    if all(one.number >= newest for one in held):
        assert [one.number for one in left] == list(range(newest, len(chain) + 1))


@given(chains(), behind)
def test_after_14_days_a_full_takes_the_place_of_all_before(
    chain: list[Package], drawn: list[tuple[int, bool]]
) -> None:
    gone = obsolete(chain, positions(chain, drawn), OLD)
    newest = max(one.number for one in chain if one.full)

    assert len(gone) == newest - 1
    assert not must_renew(chain, OLD)
    assert must_renew(chain, OLD + timedelta(days=6))


async def sweep(**later: float) -> Swept:
    return await sweep_packages(packages=wiring.backend().packages, context=context_in(**later))


def context_in(**later: float) -> Context:
    context = context_of()
    return replace(context, now=context.now + timedelta(**later))


async def files() -> list[str]:
    return sorted([name async for name in wiring.backend().packages.names(f"{COMPANY}/HOUSTON/")])


async def test_packages_go_when_all_channels_of_the_group_are_beyond_them(api: Api) -> None:
    await deltas(api, 2)
    await tell(api, "1110-000001", "Applied")
    before = await sweep()
    await build("1110", is_full=True)
    behind = await sweep()
    offers = await sessions(api, "status=Available")
    for number in (2, 3, 4):
        answer = await api.get(f"channels/HOUSTON/download-sessions/1110-{number:06d}/package")
        assert answer.status_code == 200, "what is offered is there"
        await tell(api, f"1110-{number:06d}", "Applied")
    beyond = await sweep()
    again = await sweep()
    left = await documents.packages_above("HOUSTON", "1110", 0, context_in())
    gone = await api.get("channels/HOUSTON/download-sessions/1110-000002/package")

    assert (before, behind, beyond, again) == ((0, 0), (1, 0), (2, 0), (0, 0))
    assert [one["form"] for one in offers.values()] == ["delta"] * 3
    assert [one.number for one in left] == [4]
    assert {name.split("/")[3] for name in await files()} == {"4"}
    assert gone.status_code == 410


async def test_who_was_away_for_long_takes_the_full(api: Api) -> None:
    await deltas(api, 2)
    await tell(api, "1110-000001", "Applied")
    await build("1110", is_full=True)
    await sweep(days=15)
    offers = await sessions(api, "status=Available")
    applied = await tell(api, "1110-000004", "Applied")

    assert [(one["id"], one["form"]) for one in offers.values()] == [("1110-000004", "full")]
    assert applied.status_code == 200


async def test_a_full_is_built_anew_before_its_parts_end(api: Api) -> None:
    await build("1110")
    context = context_in()
    await sweep(days=19)
    before = await documents.wanted_above("HOUSTON", "1110", context)
    await sweep(days=21)
    renewed = await build("1110")

    assert before is None
    assert (renewed.number, renewed.reset) == (2, False)
    assert renewed.full


async def test_packages_of_an_inactive_job_end_too_and_a_full_follows_them(api: Api) -> None:
    await deltas(api, 1)
    await tell(api, "1110-000001", "Applied")
    kept = await sweep(days=29)
    swept = await sweep(days=31)
    left = await documents.packages_above("HOUSTON", "1110", 0, context_in())
    files_left = await files()
    nothing = await sessions(api, "status=Available")
    following = await build("1110")
    [offer] = (await sessions(api, "status=Available")).values()

    assert (kept.packages, swept.packages) == (0, 2)
    assert (left, files_left, nothing) == ([], [], {})
    assert (following.number, following.reset) == (3, False)
    assert (offer["id"], offer["form"]) == ("1110-000003", "full")


async def test_parts_without_a_package_go_after_a_day(api: Api) -> None:
    await build("1110")
    kept = await files()
    packages = wiring.backend().packages
    for number in ("1", "2"):
        orphan = name_of(COMPANY, "HOUSTON", "1110", number, file="delta-run-1.ndjson.gz")
        await packages.put(orphan, b"lost")
    first, early = await sweep(), await sweep(hours=23)
    between = await files()
    late = await sweep(hours=25)
    again = await sweep(hours=26)

    assert (first, early, late, again) == ((0, 0), (0, 0), (0, 2), (0, 0))
    assert (len(between), await files()) == (len(kept) + 2, kept)
    assert (await documents.read_orphans("HOUSTON", context_in())).value == {}


async def test_a_group_without_channels_keeps_only_its_numbers(api: Api) -> None:
    built = await build("1110")
    context, packages = context_in(), wiring.backend().packages
    chain = await documents.find_chain("HOUSTON", "1110", context)
    assert chain
    await documents.append_package("Former", None, chain.value, built, context)
    await packages.put(name_of(COMPANY, "Former", "1110", "1", file="full-run-1.gz"), b"full")
    early, late = await sweep(days=29), await sweep(days=31)

    assert early == (0, 0)
    assert late.packages == 2, "of both groups: no run has renewed them"
    assert await documents.packages_above("Former", "1110", 0, context) == []
    assert await documents.find_chain("Former", "1110", context)
