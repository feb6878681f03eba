"""An opt-in that has to be confirmed counts once it is, as of when it was given."""

from typing import Any

from functions._work import Work
from shared.consent.links.tokens import LinkTokens
from shared.platform.metering import Tally
from tests.api import ADMINISTRATOR, MANAGER, Api, an_email
from tests.consent.scenes import KAREN, checked, decide, ledger

CONFIRMATIONS = "consent-confirmations"
NOTHING = Tally()
MARKETING = {
    "name": "Marketing",
    "channels": {"email": ["email"], "phone": ["call", "sms", "messaging"]},
    "doubleOptIn": "always",
}


async def karen_waits(api: Api, **but: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a customer whose opt-in waits, and the entry with its token."""
    put = await api.put_setting("consent-purposes", "Marketing", MARKETING, if_match="*")
    assert put.status_code == 200, put.text
    karen = await api.create(contacts=[an_email(KAREN)])
    return karen, await decide(api, karen, **but)


async def confirm(api: Api, token: str) -> tuple[int, dict[str, Any]]:
    response = await api.call("POST", CONFIRMATIONS, {"token": token}, authorization="")
    return response.status_code, response.json()


async def test_it_counts_once_it_is_confirmed_as_of_when_it_was_given(api: Api) -> None:
    karen, waiting = await karen_waits(api)
    [before] = await checked(api)
    status, confirmed = await confirm(api, waiting["confirmation"]["token"])
    [after] = await checked(api)
    again = await confirm(api, waiting["confirmation"]["token"])

    assert (waiting["outcome"], before["reason"]) == ("Pending", "unknown")
    assert (status, confirmed["outcome"], confirmed["confirms"]) == (200, "InForce", 1)
    assert confirmed["decidedAt"] == waiting["decidedAt"]
    assert (after["allowed"], after["decidedAt"]) == (True, waiting["decidedAt"])
    assert again == (200, confirmed)
    assert len(await ledger(api, karen)) == 2
    contact = (await api.get(f"customers/{karen['id']}")).json()["contacts"][0]
    assert contact["verifiedAt"], "whoever has the link has the contact point"
    assert contact["marketingConsent"] == "OptedIn"


async def test_a_withdrawal_between_the_two_stands(api: Api) -> None:
    karen, waiting = await karen_waits(api)
    await decide(api, karen, decision="OptedOut")
    status, confirmed = await confirm(api, waiting["confirmation"]["token"])
    [check] = await checked(api)

    assert (status, confirmed["outcome"]) == (200, "Superseded")
    assert check["reason"] == "opted-out"


async def test_it_needs_no_proof_over_a_withdrawal_since_the_link_is_one(api: Api) -> None:
    karen, _ = await karen_waits(api, decision="OptedOut")
    waiting = await decide(api, karen)
    await confirm(api, waiting["confirmation"]["token"])

    assert [check["reason"] for check in await checked(api)] == ["opted-in"]


async def test_what_a_body_says_waits_too_until_an_application_asks_for_its_token(
    api: Api,
) -> None:
    await karen_waits(api)
    body = [an_email("zoe@example.com", marketingConsent="OptedIn")]
    zoe = await api.create(firstName="Zoe", contacts=body)
    assert zoe["contacts"][0]["marketingConsent"] is None
    tokens = f"customers/{zoe['id']}/consents/1/confirmation-tokens"
    first, second = [(await api.post(tokens)).json() for _ in range(2)]
    older, newer = await confirm(api, first["token"]), await confirm(api, second["token"])
    missing = await api.post(tokens.replace("/1/", "/2/"))
    refused = await api.post(tokens, bearer=ADMINISTRATOR)

    assert (older[0], older[1]["code"]) == (404, "confirmation-not-found"), "it was replaced"
    assert (newer[0], newer[1]["outcome"]) == (200, "InForce")
    assert (missing.status_code, missing.json()["code"]) == (409, "consent-not-pending")
    assert refused.status_code == 403


async def test_of_the_token_nothing_is_kept_and_stores_never_see_it(api: Api) -> None:
    karen, waiting = await karen_waits(api)
    body = {"contactId": "1", "decision": "OptedIn"}
    path = f"customers/{karen['id']}/consents"
    first, again = [await api.post(path, body, idempotency_key="k") for _ in range(2)]
    by_staff = await api.post(path, body, bearer=MANAGER)

    assert first.json()["confirmation"]["token"] != waiting["confirmation"]["token"]
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json() | {"confirmation": None}
    assert by_staff.json()["outcome"] == "Pending"
    assert by_staff.json()["confirmation"] is None


async def test_a_token_that_is_none_of_ours_costs_no_look_into_the_store(api: Api) -> None:
    await karen_waits(api)
    forged = LinkTokens(b"another key").new_secret()
    for token in (forged, "x", "\u2603" * 40):
        with Work("test", "internal") as work:
            response = await api.call("POST", CONFIRMATIONS, {"token": token}, authorization="")
        assert (response.status_code, response.json()["code"]) == (404, "confirmation-not-found")
        assert work.count == NOTHING


async def test_one_token_is_tried_thirty_times_a_minute(api: Api) -> None:
    _, waiting = await karen_waits(api)
    token = waiting["confirmation"]["token"]
    codes = [(await confirm(api, token))[0] for _ in range(31)]

    assert codes == [200] * 30 + [429]


async def test_a_changed_contact_point_is_not_what_was_confirmed(api: Api) -> None:
    karen, waiting = await karen_waits(api)
    path = f"customers/{karen['id']}/contacts/1"
    await api.call("PATCH", path, {"value": "new@example.com"}, if_match="*")
    status, _ = await confirm(api, waiting["confirmation"]["token"])
    old, new = await checked(api, KAREN, "new@example.com")

    assert status == 200
    assert (old["reason"], new["reason"]) == ("opted-in", "unknown")
