"""Channels hold rows of who is erased: the certificate says which, and who has let go of them."""

import gzip
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from local.store.choice import OpenStore
from shared.composition import wiring
from shared.core.canonical import canonical
from shared.core.errors import AlreadyExists, Stale
from shared.core.evolve import evolve
from shared.distribution.domain.entries import customer_shard, put
from shared.distribution.domain.sweeping import GONE_WITHIN
from shared.distribution.index.documents import append, entries_of, read_head
from shared.distribution.sessions.documents import find_position
from shared.ports.documents import Remove
from shared.privacy.documents import find_erasure
from shared.privacy.domain.certificates import with_applied
from shared.privacy.domain.erasures import Certificate, ChannelErasure, NewErasure, requested
from shared.privacy.erasing.due import due_erasures
from tests.api import ADMINISTRATOR, COMPANY, Api, an_address, an_email, started
from tests.distribution import conftest as channels
from tests.distribution.index.simulation import NOW
from tests.distribution.reference_channel import ReferenceChannel
from tests.distribution.scenes import channel_of, run, run_all, version
from tests.privacy.scenes import MARKERS, erase
from tests.privacy.test_erasure_under_faults import context_of
from tests.privacy.test_erasure_under_faults import run as run_erasure

api = channels.api  # of a host without the clock

WORDS = [MARKERS[name].encode() for name in ("first", "email", "street")]


async def in_two_channels(api: Api) -> tuple[dict[str, Any], ReferenceChannel, ReferenceChannel]:
    """Return a customer, and the channels that hold it."""
    customer = await api.create(
        firstName=MARKERS["first"],
        addressBooks=["USRSA", "USRSW"],
        contacts=[an_email(MARKERS["email"])],
        addresses=[an_address(street=MARKERS["street"])],
    )
    await run_all(api, ("1110", "1070", "1040", "1150"))
    await run(api, "1010", includes=[await version(api, customer["id"])])
    houston, sanfran = channel_of(api, "HOUSTON"), channel_of(api, "SANFRAN")
    for channel in (houston, sanfran):
        await channel.catch_up()
        assert customer["id"] in channel.table("1010", "customers")
    return customer, houston, sanfran


async def certificate_of(api: Api, customer: dict[str, Any]) -> dict[str, Any]:
    answer = await api.get(f"customers/{customer['id']}/erasure", bearer=ADMINISTRATOR)
    found: dict[str, Any] = answer.json()["certificate"]
    return found


def applied(certificate: dict[str, Any]) -> dict[str, str | None]:
    return {one["channel"]: one["appliedAt"] for one in certificate["channels"]}


async def packages() -> dict[str, list[bytes]]:
    """Return the parts of all packages of customers by name, unpacked, and what is found there."""
    store = wiring.backend().packages
    found = {}
    async for name in store.names(f"{COMPANY}/"):
        if "/1010/" in name:
            content = gzip.decompress(await store.read(name, 0, 10_000_000))
            found[name] = [word for word in WORDS if word in content]
    return found


async def test_it_says_who_has_applied_it_and_who_is_silent(api: Api) -> None:
    customer, houston, sanfran = await in_two_channels(api)
    other = await api.create(addressBooks=["USRSA"])
    before = await packages()
    at_first = (await erase(api, customer))["certificate"]
    await run(api, "1010", includes=[await version(api, other["id"])])
    await houston.catch_up()
    later = await certificate_of(api, customer)
    trace = (await api.get(f"customers/{other['id']}/trace?channel=HOUSTON")).json()
    await forget_positions(("HOUSTON", "SANFRAN"))
    again = await certificate_of(api, customer)
    sealed = later.pop("hash")
    export = await api.get(f"customers/{other['id']}/export", bearer=ADMINISTRATOR)

    assert any(found == WORDS for found in before.values())
    assert applied(at_first) == {"HOUSTON": None, "SANFRAN": None}
    assert list(applied(later)) == ["HOUSTON", "SANFRAN"]
    assert (applied(later)["HOUSTON"] or "") > later["completedAt"]
    assert applied(later)["SANFRAN"] is None
    assert customer["id"] not in houston.table("1010", "customers")
    assert customer["id"] in sanfran.table("1010", "customers")
    assert sha256(canonical(later)).hexdigest() == sealed
    assert again == later | {"hash": sealed}, "whoever read it has kept it"
    assert sealed != at_first["hash"]
    assert [step["state"] for step in trace["channels"][0]["steps"]] == ["done"] * 3
    assert export.status_code == 200
    assert all(word not in export.content for word in WORDS)


async def test_no_package_that_is_built_afterwards_holds_a_byte(api: Api) -> None:
    customer, houston, sanfran = await in_two_channels(api)
    before = await packages()
    certificate = (await erase(api, customer))["certificate"]
    await run(api, "1010")
    await houston.catch_up()
    await run(api, "1010", full=True)
    for channel in (houston, sanfran):
        await channel.catch_up()
    after = await packages()
    expires = {one["what"]: one["at"] for one in certificate["expires"]}
    completed = datetime.fromisoformat(certificate["completedAt"])

    assert any(before.values())
    new = {name: found for name, found in after.items() if name not in before}
    assert {name.rpartition("/")[2].partition("-")[0] for name in new} >= {"full", "delta"}
    assert [name for name, found in new.items() if found] == []
    assert all(applied(await certificate_of(api, customer)).values())
    assert datetime.fromisoformat(expires["packages for channels"]) == completed + GONE_WITHIN


async def test_it_is_kept_when_positions_go_though_nobody_has_read_it(api: Api) -> None:
    customer, houston, _ = await in_two_channels(api)
    key = customer["id"]
    await erase(api, customer)
    await run(api, "1010")
    await houston.catch_up()
    await run_erasure(key, in_(minutes=11))
    stored = await find_erasure(key, context_of())
    await forget_positions(("HOUSTON", "SANFRAN"))
    kept = await certificate_of(api, customer)
    still_due = (await due_erasures(in_(days=20))).keys
    await run_erasure(key, in_(days=29))
    over = await find_erasure(key, context_of())

    assert stored
    assert stored.value.open_channels == ["SANFRAN"]
    assert applied(kept)["HOUSTON"]
    assert applied(kept)["SANFRAN"] is None
    assert still_due == [key], "somebody is silent"
    assert over
    assert over.value.again_at is None
    assert (await due_erasures(in_(days=99))).keys == []


async def test_a_channel_that_comes_back_late_is_seen_by_who_reads(api: Api) -> None:
    customer, _, sanfran = await in_two_channels(api)
    await erase(api, customer)
    await run_erasure(customer["id"], in_(days=29))
    await run(api, "1010")
    await sanfran.catch_up()

    certificate = await certificate_of(api, customer)
    assert applied(certificate)["SANFRAN"]
    assert applied(certificate)["HOUSTON"] is None


async def test_who_never_took_anything_or_has_other_books_is_not_listed(api: Api) -> None:
    early = await api.create(addressBooks=["USRSA"], firstName="Early")
    untaken = (await erase(api, early))["certificate"]
    await in_two_channels(api)
    online = await api.get("channels/ONLINE/download-sessions?job=1010&status=Available")
    southern = await api.create(addressBooks=["USRSA"], firstName="Southern")
    await run(api, "1010", includes=[await version(api, southern["id"])])

    assert untaken["channels"] == []
    assert online.json()["items"], "it shares the book of SANFRAN, and has taken nothing"
    assert list(applied((await erase(api, southern))["certificate"])) == ["HOUSTON"]


async def test_who_has_taken_a_package_and_not_told_more_is_listed(api: Api) -> None:
    customer, _, _ = await in_two_channels(api)
    online = channel_of(api, "ONLINE")
    [first] = (await api.get("channels/ONLINE/download-sessions?job=1010")).json()["items"]
    await online.download(first)

    certificate = (await erase(api, customer))["certificate"]
    assert list(applied(certificate)) == ["HOUSTON", "ONLINE", "SANFRAN"]


async def test_books_that_a_customer_has_left_count(api: Api) -> None:
    customer, _, sanfran = await in_two_channels(api)
    path = f"customers/{customer['id']}"
    await api.call("PATCH", path, {"addressBooks": ["USRSA"]}, if_match="*")
    await run(api, "1010", includes=[await version(api, customer["id"])])

    certificate = (await erase(api, customer))["certificate"]
    assert customer["id"] in sanfran.table("1010", "customers"), "it has not heard yet"
    assert list(applied(certificate)) == ["HOUSTON", "SANFRAN"]


async def test_of_a_channel_that_waits_for_a_full_nothing_is_certain(api: Api) -> None:
    customer, houston, _ = await in_two_channels(api)
    await erase(api, customer)
    await run(api, "1010")
    await houston.catch_up()
    wrong = {"job": "1010", "number": houston.at["1010"], "tables": wrong_sums(houston)}
    await run(api, "1010", full=True)
    await houston.catch_up()
    answer = await api.post("channels/HOUSTON/verification", wrong | {"number": houston.at["1010"]})
    position = await find_position("HOUSTON", "1010", context_of())

    assert answer.json()["equal"] is False
    assert position
    assert position.value.broken is not None
    assert applied(await certificate_of(api, customer))["HOUSTON"] is None


def wrong_sums(channel: ReferenceChannel) -> dict[str, Any]:
    sums = channel.sums("1010")
    sums["customers"]["buckets"][0] = {"rows": 1, "sum": "0" * 16}
    return sums


def in_(**later: float) -> Any:
    return context_of(datetime.now(UTC) + timedelta(**later))


async def forget_positions(channels: Sequence[str]) -> None:
    context = context_of()
    for channel in channels:
        where = context.partition(channel)
        await context.documents.commit("distribution", where, [Remove("position:1010")])


async def test_a_feed_that_is_late_brings_nothing_back(
    folder: Folder, open_store: OpenStore
) -> None:
    """It has seen the customer, and writes when the erasure is over."""
    host = Host(app, folder, open_store)
    host.functions = [one for one in host.functions if one.kind == "httpTrigger"]
    async with AsyncExitStack() as stack:
        api = await started(host, stack)
        key = (await api.create(addressBooks=["USRSA"]))["id"]
        body = {"reason": "r", "immediately": True}
        await api.post(f"customers/{key}/erasure", body, bearer=ADMINISTRATOR)
        shard, context = customer_shard(key), context_of()
        head = await read_head(shard, context)
        seen = put("customers", key, {}, version=1, reach=["USRSA"], now=NOW, owner=key)
        erasure = await run_erasure(key)
        with pytest.raises((Stale, AlreadyExists)):
            await append(shard, head, [seen], context)
        again = await run_erasure(key, in_(minutes=11))

        assert [entry.alive for entry in await entries_of(shard, key, context_of())] == [False]
        assert (erasure.state, erasure.certificate and erasure.certificate.channels) == (
            "Completed", (),
        )  # fmt: skip
        assert again.certificate
        assert again.certificate.removed_later == 0


def test_channels_are_looked_at_less_and_less_often_and_not_for_ever() -> None:
    certificate = Certificate(
        certificate_id="c", customer_id="k", requested_at=NOW, completed_at=NOW, steps=(), found=0,
        kept=(), expires=(), ledger_head="", hash="",
        channels=(ChannelErasure(channel="HOUSTON"),),
    )  # fmt: skip
    new = requested("k", NewErasure(reason="r"), now=NOW, due_at=NOW, actor="a")
    silent = evolve(new, state="Completed", certificate=certificate, checks=0)
    looks = [evolve(silent, looks=count).look_due_at for count in range(14)]
    known = with_applied(certificate, {"HOUSTON": NOW})

    assert looks[:3] == [NOW + timedelta(minutes=minutes) for minutes in (10, 20, 40)]
    assert looks[-2] == NOW + timedelta(minutes=40_960)
    assert looks[-1] is None
    assert evolve(silent, certificate=known).again_at is None
    assert with_applied(known, {"HOUSTON": NOW + timedelta(days=1)}) == known, "the first is kept"
