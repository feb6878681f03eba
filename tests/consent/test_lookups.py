"""What is known of a contact point, and who has it, without its value in any address."""

from typing import Any

from tests.api import CASHIER, Api, an_email
from tests.consent.scenes import KAREN, decide
from tests.consent.spreading.test_propagation import all_show, family
from tests.waiting import eventually


async def look_up(api: Api, value: str = KAREN, **but: Any) -> dict[str, Any]:
    response = await api.post("contact-point-lookups", {"kind": "email", "value": value} | but)
    assert response.status_code == 200, response.text
    return api.read(response)


async def _count(api: Api, holders: int) -> bool:
    return len((await look_up(api))["holders"]["items"]) == holders


async def test_it_says_what_is_in_force_and_who_has_it(api: Api) -> None:
    members = await family(api, 2)
    await decide(api, members[0], decision="OptedOut")
    await all_show(api, members, "OptedOut")
    found = await look_up(api, "Karen@EXAMPLE.com")

    assert (found["normal"], found["suppressed"]) == (KAREN, False)
    [consent] = found["consents"]
    assert (consent["purpose"], consent["decision"], consent["strength"]) == (
        "Marketing", "OptedOut", "Strong",
    )  # fmt: skip
    holders = found["holders"]["items"]
    assert {holder["customerId"] for holder in holders} == {one["id"] for one in members}
    assert all(holder["applied"] and holder["primary"] for holder in holders)
    assert found["holders"]["nextCursor"] is None


async def test_by_its_hash_it_is_found_without_the_value_page_by_page(api: Api) -> None:
    members = await family(api, 3)
    await eventually(20, lambda: _count(api, 3))
    point_hash = (await look_up(api))["pointHash"]
    path = f"contact-points/email/~{point_hash}/consents"
    seen: list[str] = []
    cursor = ""
    for _ in range(2):
        response = await api.get(f"{path}?limit=2{cursor}")
        page = response.json()
        assert (page["value"], page["normal"], page["pointHash"]) == (None, None, point_hash)
        seen += [holder["customerId"] for holder in page["holders"]["items"]]
        cursor = f"&cursor={page['holders']['nextCursor']}"

    assert sorted(seen) == sorted(member["id"] for member in members)
    assert cursor == "&cursor=None"


async def test_of_an_unknown_one_nothing_is_known(api: Api) -> None:
    found = await look_up(api, "nobody@example.com")
    nothing: dict[str, Any] = {"items": [], "nextCursor": None}
    assert (found["consents"], found["holders"], found["suppressed"]) == ([], nothing, False)
    by_name = await api.get(f"contact-points/email/~{found['pointHash']}/consents")
    assert by_name.json()["holders"] == nothing

    for path in ("contact-points/email/~1abc/consents", "contact-points/url/~1/consents"):
        assert (await api.get(path)).status_code == 404
    body = {"kind": "phone", "value": "555"}
    assert (await api.post("contact-point-lookups", body)).status_code == 422
    assert (await api.post("contact-point-lookups", body, bearer=CASHIER)).status_code == 403


async def test_whoever_came_just_now_shows_what_is_in_force(
    api: Api,
) -> None:
    [karen] = await family(api, 1)
    await decide(api, karen, decision="OptedOut")
    zoe = await api.create(firstName="Zoe", contacts=[an_email(KAREN)])

    async def both_are_known() -> bool:
        holders = (await look_up(api))["holders"]["items"]
        return {holder["customerId"] for holder in holders} == {karen["id"], zoe["id"]}

    assert zoe["contacts"][0]["marketingConsent"] == "OptedOut"
    await eventually(20, both_are_known)
