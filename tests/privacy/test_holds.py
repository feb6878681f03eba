"""A hold keeps the data of a customer, until it ends or is removed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.api import ADMINISTRATOR, APPLICATION, Api

OPEN: dict[str, Any] = {"kind": "OpenBusiness", "reason": "Return 88-12"}
LEGAL = {"kind": "LegalHold", "reason": "Lawsuit"}


async def put(api: Api, customer: dict[str, Any], body: Any, **how: Any) -> httpx.Response:
    how = {"bearer": ADMINISTRATOR} | how
    return await api.call("PUT", f"customers/{customer['id']}/holds/one", body, **how)


async def test_it_is_set_replaced_listed_and_removed(api: Api) -> None:
    karen = await api.create()
    path = f"customers/{karen['id']}/holds"
    first = await put(api, karen, OPEN, bearer=APPLICATION)
    blind = await put(api, karen, OPEN)
    stale = await put(api, karen, OPEN, if_match='"0"')
    until = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    second = await put(api, karen, OPEN | {"until": until}, if_match=first.headers["etag"])
    [listed] = (await api.get(path)).json()["items"]
    removed = await api.call("DELETE", f"{path}/one", if_match=second.headers["etag"])
    again = await api.call("DELETE", f"{path}/one", if_match="*")

    assert (first.status_code, second.status_code) == (201, 200)
    assert (blind.status_code, stale.status_code) == (428, 412)
    assert (listed["name"], listed["kind"], listed["setBy"]) == (
        "one", "OpenBusiness", "administrator:ada",
    )  # fmt: skip
    assert f'"{listed["etag"]}"' == second.headers["etag"]
    assert (removed.status_code, again.status_code) == (204, 404)
    assert again.json()["code"] == "hold-not-found"
    assert (await api.get(path)).json()["items"] == []


async def test_a_legal_hold_is_for_administrators(api: Api) -> None:
    karen = await api.create()
    refused = await put(api, karen, LEGAL, bearer=APPLICATION)
    await put(api, karen, LEGAL)
    replaced = await put(api, karen, OPEN, bearer=APPLICATION, if_match="*")
    ended = await api.call("DELETE", f"customers/{karen['id']}/holds/one", if_match="*")

    for response in (refused, replaced, ended):
        assert (response.status_code, response.json()["code"]) == (403, "hold-not-allowed")


async def test_one_that_is_over_keeps_nothing(api: Api) -> None:
    karen = await api.create()
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    await put(api, karen, OPEN | {"until": yesterday})
    erasure = await api.post(
        f"customers/{karen['id']}/erasure", {"reason": "r"}, bearer=ADMINISTRATOR
    )

    assert (await api.get(f"customers/{karen['id']}/holds")).json()["items"] == []
    assert erasure.status_code == 202
