"""Follow-ups of clients who move to another book."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from shared.clienteling.clients import move_client
from shared.composition import wiring
from shared.follow_ups.documents import find_follow_up
from shared.follow_ups.generation import generate_follow_ups
from shared.follow_ups.moves import follow_client
from shared.ports.documents import Document, Documents, Partition
from tests.api import (
    ADMINISTRATOR,
    COMPANY,
    MANAGER,
    Api,
)
from tests.follow_ups.scenes import (
    BOOK,
    BOSS,
    NOON,
    PATH,
    TRICIA,
    a_client,
    complete,
    context,
    days_from_now,
    edit,
    listed,
    plan,
    subjects,
    to_boss,
)


async def gone(api: Api, number: str = "000137") -> None:
    async with asyncio.timeout(20):
        while await listed(api, "status=open", number):
            await asyncio.sleep(0.05)


async def test_open_ones_go_with_the_client(api: Api) -> None:
    made, other = await a_client(api), await a_client(api)
    one = await plan(api, made, dueOn=days_from_now(3))  # in any zone
    done, canceled = await plan(api, made, subject="Done"), await plan(api, made, subject="No")
    await complete(api, done)
    await edit(api, canceled, status="Canceled")
    await plan(api, other, subject="Stays")
    await to_boss(made["id"])
    async with asyncio.timeout(20):
        while await subjects(api, "status=open") != ["Stays"]:
            await asyncio.sleep(0.05)
    [moved] = await listed(api, number=BOSS)
    behind = await find_follow_up("000137", one["id"], context())

    assert (moved["id"], moved["personnelNumber"]) == (one["id"], BOSS)
    assert {**moved, "etag": 0} == {**one, "personnelNumber": BOSS, "etag": 0}
    assert behind is not None
    assert behind.value.status == "Moved"
    assert sorted(await subjects(api)) == ["Done", "No", "Stays"]
    for response in (
        await api.get(f"{PATH}/{one['id']}", bearer=TRICIA),
        await edit(api, one, subject="x"),
        await complete(api, one),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "follow-up-not-found")


async def test_what_moved_does_not_stay_for_ever(still: Api) -> None:
    made = await a_client(still)
    one = await plan(still, made)
    await to_boss(made["id"])
    await follow_client(made["id"], context=context())
    place: Partition = ("000137", COMPANY)
    document = await still.documents.read("books", place, f"follow-up:{one['id']}")

    assert document is not None
    assert document.body["ttl"] > 366 * 86400


async def test_what_a_rule_made_is_made_once_whoever_has_the_client(still: Api) -> None:
    made = await a_client(still, attributes={"birthday": "1990-05-10"})
    for number in (BOSS, "000110"):
        await still.get(f"client-books/{number}", bearer=ADMINISTRATOR)
    await generate_follow_ups(context=context())
    [one] = await listed(still)
    await to_boss(made["id"])
    while_it_moves = await generate_follow_ups(context=context())
    await follow_client(made["id"], context=context())
    moved = await generate_follow_ups(context=context())
    path = f"client-books/{BOSS}/follow-ups/{one['id']}/completion"
    await still.post(path, {"outcome": "Reached"}, bearer=MANAGER)
    await move_client(BOSS, made["id"], "000110", context=context(datetime.now(UTC)))
    done = await generate_follow_ups(context=context())

    assert (while_it_moves, moved, done) == (0, 0, 0)
    assert [one["status"] for one in await listed(still, number=BOSS)] == ["Done"]
    assert await listed(still) == await listed(still, number="000110") == []


async def test_they_come_back_with_the_client(still: Api) -> None:
    made = await a_client(still)
    one = await plan(still, made)
    await to_boss(made["id"])
    for _ in range(2):
        await follow_client(made["id"], context=context())
    await move_client(BOSS, made["id"], "000137", context=context(datetime.now(UTC)))
    for _ in range(2):
        await follow_client(made["id"], context=context())

    assert [one["id"] for one in await listed(still, "status=open")] == [one["id"]]
    assert await listed(still, number=BOSS) == []


async def test_who_comes_late_with_an_old_membership_loses_nothing(still: Api) -> None:
    """Between any two steps of one who moves them, the client goes back and another moves them."""
    made = await a_client(still)
    one = await plan(still, made)
    for stop in range(1, 8):
        await to_boss(made["id"])
        back = Back(still.documents, made["id"], stop)
        late = wiring.Backend(back, wiring.backend().tokens, wiring.Keys(b"", b"", b"")).context(
            COMPANY, "system:late", NOON
        )
        await follow_client(made["id"], context=late)

        open_ones = await listed(still, "status=open")
        assert [it["id"] for it in open_ones] == [one["id"]], stop
        assert await listed(still, number=BOSS) == [], stop


async def test_who_reads_an_old_membership_moves_nothing(still: Api) -> None:
    """Another instance may for a moment see what was."""
    made = await a_client(still)
    one = await plan(still, made)
    await to_boss(made["id"])
    old = await still.documents.read("customers", (made["id"], COMPANY), "membership")
    await move_client(BOSS, made["id"], "000137", context=context(datetime.now(UTC)))
    await edit(still, one, status="Canceled")
    await edit(still, one, status="Open")
    behind: Any = Behind(still.documents, old, 2)
    late = wiring.Backend(behind, wiring.backend().tokens, wiring.Keys(b"", b"", b"")).context(
        COMPANY, "system:late", NOON
    )
    await follow_client(made["id"], context=late)

    assert [it["id"] for it in await listed(still, "status=open")] == [one["id"]]
    assert await listed(still, number=BOSS) == []


class Behind:
    """A store that answers the first reads of a membership with an old one."""

    def __init__(self, documents: Documents, old: Document | None, times: int) -> None:
        self._documents, self._old, self._times = documents, old, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    async def read(self, container: str, partition: Partition, name: str) -> Document | None:
        if name == "membership" and self._times:
            self._times -= 1
            return self._old
        return await self._documents.read(container, partition, name)


class Back:
    """A store in front of which, after so many calls, the client goes back to who had her."""

    def __init__(self, documents: Documents, key: str, stop: int) -> None:
        self._documents, self._key, self._left = documents, key, stop

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._documents, name)

        async def counted(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                await self._go_back()
            return await method(*args, **kwargs)

        return counted

    async def _go_back(self) -> None:
        now = context(datetime.now(UTC))
        await move_client(BOSS, self._key, "000137", context=now)
        await follow_client(self._key, context=now)


async def test_whom_nobody_has_any_more_needs_nothing(api: Api) -> None:
    removed, inactive = await a_client(api), await a_client(api)
    for made in (removed, inactive):
        await plan(api, made)
    await api.call("DELETE", f"{BOOK}/clients/{removed['id']}", bearer=TRICIA, if_match="*")
    await api.call("DELETE", f"customers/{inactive['id']}", bearer=ADMINISTRATOR, if_match="*")
    await gone(api)

    assert [one["status"] for one in await listed(api)] == ["Canceled", "Canceled"]


async def test_they_go_to_the_first_of_several_who_have_her(api: Api) -> None:
    await api.set_parameters(allowSeveralAssociates=True)
    made = await a_client(api)
    one = await plan(api, made)
    body = {"customerIds": [made["id"]]}
    await api.post(f"client-books/{BOSS}/clients", body, bearer=MANAGER)
    await api.post("client-books/000110/clients", body, bearer=ADMINISTRATOR)
    await api.call("DELETE", f"{BOOK}/clients/{made['id']}", bearer=TRICIA, if_match="*")
    await gone(api)

    assert [it["id"] for it in await listed(api, number=BOSS)] == [one["id"]]
    assert await listed(api, number="000110") == []


async def test_what_is_planned_while_the_client_leaves_goes_with_her(still: Api) -> None:
    """She is handed over between the look at whose she is and the follow-up."""
    made = await a_client(still)
    leaving = Leaving(still.documents, made["id"])
    healthy = wiring.backend()
    wiring.install(still.host.folder.backend(leaving))
    try:
        await plan(still, made)
    finally:
        wiring.install(healthy)

    assert await listed(still) == []
    assert await subjects(still, number=BOSS) == ["Call her"]


class Leaving:
    """A store in front of which the client is handed over when it comes to her follow-up."""

    def __init__(self, documents: Documents, key: str) -> None:
        self._documents, self._key, self._there = documents, key, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    async def commit(self, container: str, partition: Partition, operations: Any) -> Any:
        if self._there and operations[0].body.get("type") == "follow-up":
            self._there = False
            await to_boss(self._key)
            await follow_client(self._key, context=context())
        return await self._documents.commit(container, partition, operations)
