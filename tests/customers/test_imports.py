"""Bulk imports."""

import asyncio
import json
import uuid
from typing import Any

from tests.api import ADMINISTRATOR, Api, a_customer, an_email

NDJSON = {"content_type": "application/x-ndjson"}


async def finished(api: Api, place: str) -> dict[str, Any]:
    for _ in range(200):
        state: dict[str, Any] = (await api.get(place)).json()
        if state["status"] == "Completed":
            return state
        await asyncio.sleep(0.05)
    raise AssertionError(f"still running: {state}")


def lines(*bodies: Any) -> bytes:
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in bodies).encode()


async def test_every_line_is_made_or_refused_with_its_reason(api: Api) -> None:
    known = str(uuid.uuid4())
    await api.create(id=known, firstName="Known")
    body = lines(
        a_customer(firstName="Ann"),
        "",
        {"lastName": "NoStore", "firstName": "Bea"},
        "{rubbish",
        a_customer(firstName="Typo", fristName="x"),
        a_customer(firstName="Mail", contacts=[an_email("nope")]),
        "[]",
        a_customer(id=known, firstName="Again"),
    )
    started = await api.post("imports?store=SANFRAN", body, **NDJSON)
    state = await finished(api, started.headers["Location"])

    assert started.status_code == 202
    assert started.json()["total"] == 7
    assert (state["created"], state["alreadyThere"], state["refused"]) == (2, 1, 4)
    assert state["progress"] == 1
    assert state["completedAt"]
    refused = {one["line"]: one for one in state["refusedLines"]["items"]}
    assert list(refused) == [4, 5, 6, 7]
    assert refused[4]["errors"][0]["code"] == "malformed-json"
    assert refused[5]["errors"][0]["pointer"] == "/fristName"
    assert refused[6]["errors"][0]["code"] == "invalid-email"
    assert await api.names("ann") == ["Ann Berg"]
    [bea] = (await api.get("customers?q=bea")).json()["items"]
    assert (await api.get(f"customers/{bea['id']}")).json()["storeNumber"] == "SANFRAN"
    assert (await api.get(f"customers/{known}")).json()["firstName"] == "Known"


async def test_the_same_import_twice_makes_each_customer_once(api: Api) -> None:
    body = lines(*(a_customer(firstName=f"Twin{n}") for n in range(100)))
    first = await api.post("imports", body, idempotency_key="k", **NDJSON)
    again = await api.post("imports", body, idempotency_key="k", **NDJSON)
    state = await finished(api, first.headers["Location"])

    assert again.headers["Location"] == first.headers["Location"]
    assert state["created"] == 100
    assert len(await api.names("berg&limit=100")) == 100


async def test_a_chunk_that_comes_again_changes_nothing(api: Api) -> None:
    started = await api.post("imports", lines(*[a_customer()] * 90), **NDJSON)
    state = await finished(api, started.headers["Location"])
    [function] = [one for one in api.host.functions if one.name == "run_imports"]
    chunk = {
        "id": "import-chunk:1", "type": "import-chunk", "waiting": True, "key": state["id"],
        "lines": [[number, json.dumps(a_customer())] for number in range(1, 81)],
    }  # fmt: skip
    response = await api.client.post(
        f"/admin/functions/{function.name}", json={"input": json.dumps([chunk])},
        headers={"x-functions-key": api.host.folder.key("master").hex()},
    )  # fmt: skip
    await api.host.front.admin.drain()

    assert response.status_code == 202
    assert (await api.get(started.headers["Location"])).json() == state
    assert len(await api.names("karen&limit=100")) == 90


async def test_lines_that_are_wrong_in_every_way_hold_nobody_up(api: Api) -> None:
    wide = {f"column{n}" * 20: "x" for n in range(250)}
    bad = await api.post("imports", lines(*[wide] * 80), **NDJSON)
    good = await api.post("imports", lines(a_customer(firstName="After")), **NDJSON)

    assert (await finished(api, bad.headers["Location"]))["refused"] == 80
    assert (await finished(api, good.headers["Location"]))["created"] == 1


async def test_what_is_there_already_costs_no_account_numbers(api: Api) -> None:
    body = lines(*(a_customer(id=str(uuid.uuid4())) for _ in range(40)))
    before = int((await api.create())["accountNumber"])
    for n, expected in enumerate(("created", "alreadyThere", "alreadyThere")):
        started = await api.post("imports", body, **NDJSON, idempotency_key=f"k{n}")
        assert (await finished(api, started.headers["Location"]))[expected] == 40
    after = int((await api.create())["accountNumber"])

    assert after == before + 41


async def test_refused_lines_come_in_pages(api: Api) -> None:
    started = await api.post("imports", lines(*["{}"] * 7), **NDJSON)
    place = started.headers["Location"]
    await finished(api, place)
    seen, cursor = [], ""
    while True:
        page = (await api.get(f"{place}?limit=3{cursor}")).json()["refusedLines"]
        seen += [one["line"] for one in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"

    assert seen == [1, 2, 3, 4, 5, 6, 7]


async def test_refusals(api: Api) -> None:
    for response, status, code in [
        (await api.post("imports", b"\n \n", **NDJSON), 422, "invalid"),
        (await api.post("imports?store=NOWHERE", b"{}", **NDJSON), 422, "invalid"),
        (await api.post("imports", {"a": 1}), 415, "unsupported-media-type"),
        (await api.get("imports/nope"), 404, "import-not-found"),
        (await api.get(f"imports/{uuid.uuid4()}"), 404, "import-not-found"),
    ]:
        assert (response.status_code, response.json()["code"]) == (status, code)


async def test_an_import_may_be_large(api: Api) -> None:
    filler = json.dumps({"storeNumber": "HOUSTON", "x": "y" * 100_000})
    response = await api.post("imports", lines(*[filler] * 30), **NDJSON)
    too_large = await api.post("imports", b"x" * (64 * 1024 * 1024 + 1), **NDJSON)
    state = await finished(api, response.headers["Location"])

    assert state["refused"] == 30
    long = json.dumps({"storeNumber": "HOUSTON", "x": "y" * 300_000})
    response = await api.post("imports", lines(long), **NDJSON)
    state = await finished(api, response.headers["Location"])
    assert state["refusedLines"]["items"][0]["errors"][0]["code"] == "line-too-long"
    assert too_large.status_code == 413


async def test_a_fault_of_ours_sets_lines_aside_and_stops_no_other_import(api: Api) -> None:
    with api.broken():
        started = await api.post("imports", lines(*[a_customer()] * 90), **NDJSON)
        broken = await finished(api, started.headers["Location"])
    started = await api.post("imports", lines(a_customer(firstName="After")), **NDJSON)
    later = await finished(api, started.headers["Location"])

    assert (broken["created"], broken["progress"]) == (0, 0)
    assert [aside["chunk"] for aside in broken["setAside"]] == [1, 2]
    assert {aside["code"] for aside in broken["setAside"]} == {"internal"}
    assert (later["created"], later["setAside"]) == (1, [])


async def test_the_same_lines_again_are_the_same_import_without_a_key(api: Api) -> None:
    body = lines(a_customer(firstName="Once"))
    first = await api.post("imports", body, **NDJSON)
    again = await api.post("imports", body, **NDJSON)
    elsewhere = await api.post("imports?store=HOUSTON", body, **NDJSON)
    other_caller = await api.post("imports", body, **NDJSON, bearer=ADMINISTRATOR)
    await finished(api, first.headers["Location"])

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    assert len({one.json()["id"] for one in (first, elsewhere, other_caller)}) == 3


async def test_the_same_lines_twice_at_once_are_one_import(api: Api) -> None:
    body = lines(*(a_customer(firstName=f"Twice{n}") for n in range(5)))
    both = await asyncio.gather(*(api.post("imports", body, **NDJSON) for _ in range(2)))
    accepted = [one for one in both if one.status_code == 202]
    done = await finished(api, accepted[0].headers["Location"])

    assert {one.status_code for one in both} <= {202, 409}
    assert len({one.json()["id"] for one in accepted}) == 1
    assert done["created"] == 5
    assert len(await api.names("twice")) == 5


async def test_a_refused_import_may_be_accepted_later(api: Api) -> None:
    body = lines(a_customer(storeNumber="NEW"))
    refused = await api.post("imports?store=NEW", body, **NDJSON)
    await api.put_setting("stores", "NEW", {"name": "New", "channelType": "Store"})
    again = await api.post("imports?store=NEW", body, **NDJSON)

    assert refused.status_code == 422
    assert "Idempotency-Replayed" not in again.headers
