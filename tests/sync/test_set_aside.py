"""A change that cannot be digested is set aside, and the rest goes on."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest

from functions import _feed
from shared.composition import wiring
from shared.core.errors import Unavailable
from shared.ports.changes import Change, Lagging
from shared.ports.documents import Create
from shared.sync import set_aside
from shared.sync.set_aside import TooManySetAside
from tests.api import ADMINISTRATOR, COMPANY, Api

PATH = "set-aside-changes"


def a_change(name: str, container: str = "customers") -> Change:
    return Change(container, ("c-1", COMPANY), name, "membership", COMPANY, {"version": 1})


def digesting(seen: list[str], **failures: Exception) -> _feed.Handler:
    """Return a handler that fails for the documents that are named."""

    async def keep_cards(changes: Sequence[Change]) -> None:
        for change in changes:
            if change.id in failures:
                raise failures[change.id]
            seen.append(change.id)

    return keep_cards


async def listed(api: Api) -> list[dict[str, Any]]:
    response = await api.get(PATH, bearer=ADMINISTRATOR)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def test_the_rest_of_the_batch_goes_on_and_the_reason_is_kept(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []
    handler = digesting(seen, b=ValueError("Karen Berg"))
    await _feed.digest(handler, [a_change(name) for name in "abc"])
    await _feed.digest(handler, [a_change("b")])
    [kept] = await listed(api)
    one = await api.get(f"{PATH}/{kept['id']}", bearer=ADMINISTRATOR)

    assert {"a", "c"} <= set(seen)
    assert (kept["function"], kept["container"], kept["documentId"], kept["code"]) == (
        "keep_cards", "customers", "b", "internal",
    )  # fmt: skip
    assert kept["partition"] == ["c-1", COMPANY]
    assert kept["reference"] in caplog.text
    assert "Karen" not in caplog.text, "what an error says may name a person"
    assert one.json()["id"] == kept["id"]


async def test_a_store_that_is_away_sets_nothing_aside(api: Api) -> None:
    seen: list[str] = []
    with pytest.raises(Unavailable):
        await _feed.digest(digesting(seen, b=Unavailable("away")), [a_change(n) for n in "abc"])

    assert await listed(api) == []


async def test_what_does_not_show_comes_again_and_is_set_aside_in_the_end(api: Api) -> None:
    seen: list[str] = []
    handler = digesting(seen, gone=Lagging("not yet"))
    changes = [a_change("gone"), a_change("after")]  # of one partition
    with pytest.raises(Lagging):
        await _feed.digest(handler, changes)
    early = await listed(api)
    _feed._late._patience = 0.0
    try:
        await _feed.digest(handler, changes)
    finally:
        _feed._late._patience = _feed.MAX_LAG_SECONDS
    [kept] = await listed(api)

    assert "after" in seen
    assert early == []
    assert (kept["documentId"], kept["code"]) == ("gone", "lagging")


async def test_nothing_of_a_partition_goes_before_what_is_late(api: Api) -> None:
    """Events of a customer are in order: the second does not go while the first is awaited."""
    seen: list[str] = []
    handler = digesting(seen, first=Lagging("not yet"))
    other = Change("customers", ("c-2", COMPANY), "other", "membership", COMPANY)
    with pytest.raises(Lagging):
        await _feed.digest(handler, [a_change("first"), a_change("second"), other])

    assert seen == ["other"]


async def test_a_function_that_fails_for_everything_stands_still(api: Api) -> None:
    names = [f"d{n}" for n in range(set_aside.MAX_SET_ASIDE + 1)]
    handler = digesting([], **dict.fromkeys(names, ValueError()))
    logging.disable(logging.ERROR)
    try:
        with pytest.raises(TooManySetAside):
            await _feed.digest(handler, [a_change(name) for name in names])
    finally:
        logging.disable(logging.NOTSET)
    page = await api.get(f"{PATH}?limit=100", bearer=ADMINISTRATOR)

    assert len(page.json()["items"]) == set_aside.MAX_SET_ASIDE


async def test_a_change_that_is_replayed_is_told_again(api: Api) -> None:
    documents, partition = wiring.backend().documents, ("c-1", COMPANY)
    await documents.commit("customers", partition, [Create({"id": "b", "type": "odd"})])
    await _feed.digest(digesting([], b=ValueError()), [a_change("b")])
    [kept] = await listed(api)
    position = (await _end(documents)).position
    answer = await api.post(f"{PATH}/{kept['id']}/replay", bearer=ADMINISTRATOR)
    told = await documents.changes("customers", position, 10)
    again = await api.post(f"{PATH}/{kept['id']}/replay", bearer=ADMINISTRATOR)

    assert answer.status_code == 204
    assert [document.id for document in told.documents] == ["b"]
    assert (again.status_code, again.json()["code"]) == (404, "set-aside-change-not-found")
    assert await listed(api) == []


async def test_a_change_is_dropped_by_its_version_and_one_of_a_document_that_is_gone_stays(
    api: Api,
) -> None:
    await _feed.digest(digesting([], a=ValueError(), b=ValueError()), [a_change(n) for n in "ab"])
    one, other = await listed(api)
    path = f"{PATH}/{one['id']}"
    stale = await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match='"old"')
    etag = f'"{one["etag"]}"'
    dropped = await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match=etag)
    replayed = await api.post(f"{PATH}/{other['id']}/replay", bearer=ADMINISTRATOR)

    assert [stale.status_code, dropped.status_code] == [412, 204]
    assert replayed.status_code == 404, "its document is gone"
    assert [left["id"] for left in await listed(api)] == [other["id"]]


async def _end(documents: Any) -> Any:
    changes = await documents.changes("customers", None, 1000)
    while changes.documents:
        changes = await documents.changes("customers", changes.position, 1000)
    return changes
