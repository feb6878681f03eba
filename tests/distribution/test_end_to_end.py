"""From an edit to a channel that has applied it: runs, packages, sessions, positions, sums."""

from typing import Any

from tests.api import ADMINISTRATOR, Api, an_address, an_email
from tests.distribution.scenes import JOBS, channel_of, run, run_all, version
from tests.waiting import eventually

COMPUTED = ("capabilities", "displayAccount", "primaryAddress", "addressCount", "etag")


async def master(api: Api, keys: list[str]) -> dict[str, dict[str, Any]]:
    """Return the customers as they are answered, less what is computed."""
    found = {}
    for key in keys:
        body = (await api.get(f"customers/{key}")).json()
        found[key] = {name: one for name, one in body.items() if name not in COMPUTED}
    return found


async def test_a_channel_holds_what_its_scope_has_of_the_master(api: Api) -> None:
    south = await api.create(
        addressBooks=["USRSA"], addresses=[an_address(), an_address()], contacts=[an_email()]
    )
    west = await api.create(addressBooks=["USRSW"])
    await run_all(api)
    houston, sanfran = channel_of(api, "HOUSTON"), channel_of(api, "SANFRAN", step=700)
    for channel in (houston, sanfran):
        assert await channel.catch_up() == len(JOBS)
    before = set(houston.table("1010", "customers"))
    await api.call("PATCH", f"customers/{south['id']}", {"addressBooks": ["USRSW"]}, if_match="*")
    await api.call("PATCH", f"customers/{west['id']}", {"lastName": "Bergen"}, if_match="*")
    includes = [await version(api, one["id"]) for one in (south, west)]
    ended = await run(api, "1010", includes=includes)
    for channel in (houston, sanfran):
        assert await channel.catch_up() == 1

    assert ended["status"] == "Succeeded"
    assert {one["form"] for one in ended["groups"]} <= {"delta", None}
    assert south["id"] in before
    assert south["id"] not in houston.table("1010", "customers")
    held = sanfran.table("1010", "customers")
    assert await master(api, [south["id"], west["id"]]) == {
        key: held[key] for key in (south["id"], west["id"])
    }
    addresses = sanfran.table("1010", "customer-addresses")
    assert len([key for key in addresses if key.startswith(south["id"])]) == 2
    stores = sanfran.table("1070", "stores")
    answered = (await api.get("settings/stores/SANFRAN", bearer=ADMINISTRATOR)).json()
    assert stores["SANFRAN"] == answered
    assert await eventually(20, lambda: runs_without_data(api))


async def runs_without_data(api: Api) -> bool:
    """Return whether a run builds nothing, as it does where nothing changed since the last."""
    return bool((await run(api, "1010"))["status"] == "NoData")


async def test_the_sums_of_a_channel_are_compared(api: Api) -> None:
    made = [await api.create(addressBooks=["USRSA"]) for _ in range(3)]
    await run_all(api, ("1110", "1070", "1040", "1150"))
    await run(api, "1010", includes=[await version(api, one["id"]) for one in made])
    houston = channel_of(api, "HOUSTON")
    await houston.catch_up()
    path = "channels/HOUSTON/verification"
    sums = houston.sums("1010")
    known = (await api.get(f"{path}?job=1010")).json()
    claim = {"job": "1010", "number": 1, "tables": sums}
    equal = (await api.post(path, claim)).json()
    key = next(one for one in houston.rows["1010"] if one[0] == "customers")
    del houston.rows["1010"][key]
    differing = (await api.post(path, claim | {"tables": houston.sums("1010")})).json()
    await run_all(api, ("1010",))
    again = (await api.get("channels/HOUSTON/download-sessions?status=Available")).json()
    await houston.catch_up()

    assert {name: one for name, one in known["tables"].items() if one["rows"]} == sums
    assert equal == {"equal": True, "differs": []}
    assert (differing["equal"], len(differing["differs"])) == (False, 1)
    assert [(one["id"], one["form"]) for one in again["items"]] == [("1010-000002", "full")]
    assert houston.sums("1010") == sums
