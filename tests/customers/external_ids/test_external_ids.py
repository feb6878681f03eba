"""An external id names one customer of a company, whoever gives it, and finds that customer."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from local.tokens import Bearer
from tests.api import ADMINISTRATOR, COMPANY, MANAGER, Api, a_customer
from tests.customers.test_imports import NDJSON, finished, lines
from tests.offline.scenes import a_creation, an_operation, applied
from tests.privacy.scenes import erase, leftovers

WEB = {"web": "u-8812"}
OTHER_COMPANY = Bearer("Application", ("OTHR",))


async def found(api: Api, external_id: str = "web:u-8812", **more: str) -> list[str]:
    """Return the ids of those whom the external id finds."""
    query = {"externalId": external_id} | more
    answer = await api.get(f"customers?{httpx.QueryParams(query)}")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def claims(api: Api) -> list[str]:
    return await leftovers(api, lambda text: b"'type': 'external-id'" in text)


def refused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json().get("code")) == (409, "external-id-taken")


async def test_it_finds_the_customer(api: Api) -> None:
    made = await api.create(externalIds={"web": "u-8812", "crm": "a/b: c"})
    [item] = (await api.get("customers?externalId=web:u-8812", bearer=MANAGER)).json()["items"]

    assert item["id"] == made["id"]
    assert item["match"] == [{"field": "externalId", "value": "u-8812", "term": "web:u-8812"}]
    assert await found(api, "crm:a/b: c") == [made["id"]]
    assert await found(api, "web:U-8812") == []
    assert await found(api, "app:u-8812") == []
    assert await found(api, store="HOUSTON", scope="local") == [made["id"]]
    await api.call("PATCH", f"customers/{made['id']}", {"addressBooks": []}, if_match="*")
    assert await found(api, store="HOUSTON", scope="local") == []


@pytest.mark.parametrize("query", ["web", ":u", "web:", "web:u&q=karen", "web:u&by=name"])
async def test_it_is_asked_for_alone_and_with_its_system(api: Api, query: str) -> None:
    assert (await api.get(f"customers?externalId={query}")).status_code in {400, 422}


async def test_a_system_with_a_colon_or_an_invisible_id_is_none(api: Api) -> None:
    for given in ({"web:shop": "1"}, {"web": "u-1\u200b2"}, {"web": "a\nb"}, {"web": " "}):
        answer = await api.post("customers", a_customer(externalIds=given))
        assert answer.status_code == 422, given


@pytest.mark.parametrize("how", [{}, {"prefer": "respond-async"}], ids=["sync", "async"])
async def test_no_two_are_created_with_one(api: Api, how: dict[str, str]) -> None:
    made = await api.create(externalIds=WEB)
    again = await api.post("customers", a_customer(externalIds=WEB | {"crm": "1"}), **how)

    assert refused(again)
    assert (again.json()["externalId"], again.json()["customerId"]) == ("web:u-8812", made["id"])
    assert await found(api) == [made["id"]]
    assert await found(api, "crm:1") == []


async def test_nor_at_the_same_moment(api: Api) -> None:
    bodies = [a_customer(firstName=f"Ann{number}", externalIds=WEB) for number in range(8)]
    answers = await asyncio.gather(*(api.post("customers", body) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    [made] = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert await found(api) == [made]


async def test_a_creation_that_comes_again_is_the_same(api: Api) -> None:
    body = a_customer(externalIds=WEB)
    first = await api.post("customers", body, idempotency_key="one")
    again = await api.post("customers", body, idempotency_key="one")

    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])


async def test_an_edit_does_not_take_it_and_gives_it_back(api: Api) -> None:
    one, other = await api.create(externalIds=WEB), await api.create()
    path, others = f"customers/{one['id']}", f"customers/{other['id']}"

    assert refused(await api.call("PATCH", others, {"externalIds": WEB}, if_match="*"))
    changed = await api.call("PATCH", path, {"externalIds": {"web": "u-9"}}, if_match="*")
    assert changed.status_code == 200
    assert (await found(api), await found(api, "web:u-9")) == ([], [one["id"]])
    taken = await api.call("PATCH", others, {"externalIds": WEB}, if_match="*")
    assert taken.status_code == 200
    assert await found(api) == [other["id"]]
    for value in (None, "u-9", None, "u-9"):
        again = await api.call("PATCH", path, {"externalIds": {"web": value}}, if_match="*")
        assert again.status_code == 200, again.text
    assert await found(api, "web:u-9") == [one["id"]]
    assert len(await claims(api)) == 2


async def test_it_stays_with_one_who_is_deactivated(api: Api) -> None:
    made = await api.create(externalIds=WEB)
    await api.call("DELETE", f"customers/{made['id']}", if_match="*")

    assert await found(api) == []
    assert refused(await api.post("customers", a_customer(externalIds=WEB)))
    await api.post(f"customers/{made['id']}/restoration")
    assert await found(api) == [made["id"]]


async def test_it_is_free_when_the_customer_was_erased(api: Api) -> None:
    made = await api.create(externalIds=WEB | {"crm": "1"})
    path = f"customers/{made['id']}"
    await api.call("PATCH", path, {"externalIds": {"crm": None}}, if_match="*")
    assert len(await claims(api)) == 1
    await erase(api, made)

    assert await claims(api) == []
    assert await found(api) == []
    other = await api.create(externalIds=WEB)
    assert await found(api) == [other["id"]]


async def test_a_line_of_an_import_is_refused(api: Api) -> None:
    body = lines(
        a_customer(firstName="Ann", externalIds=WEB),
        a_customer(firstName="Bea", externalIds=WEB),
        a_customer(firstName="Cid", externalIds={"web": "u-1"}),
    )
    state = await finished(api, (await api.post("imports", body, **NDJSON)).headers["Location"])

    assert (state["created"], state["refused"]) == (2, 1)
    assert [one["code"] for one in state["refusedLines"]["items"]] == ["external-id-taken"]
    assert len(await found(api)) == 1


async def test_so_is_an_operation_of_a_channel(api: Api) -> None:
    await api.set_parameters(employeeFields=["externalIds"])
    made, other = await api.create(externalIds=WEB), await api.create()
    session = await applied(
        api,
        a_creation(str(uuid4()), externalIds=WEB),
        an_operation("patch", other["id"], {"externalIds": WEB}, baseVersion=1),
    )
    problems = [one["problem"]["code"] for one in session["operations"]["items"]]

    assert problems == ["external-id-taken"] * 2
    assert await found(api) == [made["id"]]


async def test_what_a_crash_left_claimed_is_taken_over(api: Api) -> None:
    with api.broken():
        assert (await api.post("customers", a_customer(externalIds=WEB))).status_code == 500
    assert len(await claims(api)) == 1
    assert await found(api) == []
    made = await api.create(externalIds=WEB)

    assert await found(api) == [made["id"]]


async def test_another_company_has_its_own(api: Api) -> None:
    await api.create(externalIds=WEB)
    company = "/api/v1/OTHR"
    body = {"name": "Other", "currency": "USD", "language": "en-US"}
    head = Bearer("Administrator", ("OTHR",))
    assert (await api.call("PUT", company, body, bearer=head)).status_code == 201
    answer = await api.get(f"{company}/customers?externalId=web:u-8812", bearer=OTHER_COMPANY)

    assert answer.json()["items"] == []


async def test_head_office_and_till_find_by_it_alike(api: Api) -> None:
    made = await api.create(externalIds=WEB)
    for bearer in (ADMINISTRATOR, MANAGER):
        items = (await api.get("customers?externalId=web:u-8812", bearer=bearer)).json()["items"]
        assert [item["id"] for item in items] == [made["id"]]
    own = Bearer("Customer", (COMPANY,), customer_id=made["id"])
    assert (await api.get("customers?externalId=web:u-8812", bearer=own)).status_code == 403
