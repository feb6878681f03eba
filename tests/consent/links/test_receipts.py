"""A receipt says what was decided, what was shown, and where that stands in the ledger."""

from jsonschema import Draft202012Validator

from functions._http.description.openapi import describe
from tests.api import Api, an_email
from tests.consent.scenes import KAREN, PROOF, decide

TEXT = {"version": "2026-01", "locale": "en-US", "text": "May we write to you?"}
PURPOSE = {
    "name": "News",
    "channels": {"email": ["email"], "phone": []},
    "texts": [TEXT],
    "withdrawalAt": "https://shop.example/preferences",
    "validForDays": 730,
}


async def test_it_has_the_wording_and_the_place_in_the_ledger(api: Api) -> None:
    await api.put_setting("consent-purposes", "News", PURPOSE)
    karen = await api.create(contacts=[an_email(KAREN)])
    entry = await decide(api, karen, purpose="News", evidence=PROOF)
    path = f"customers/{karen['id']}/consents/{entry['sequence']}/receipt"
    response = await api.get(path)
    receipt = response.json()
    schemas = {"components": {"schemas": describe()["components"]["schemas"]}}
    schema = {"$ref": "#/components/schemas/ConsentReceipt"} | schemas

    assert response.headers["etag"].strip('"') == entry["hash"]
    Draft202012Validator(schema).validate(receipt)
    assert receipt == {
        "schema": "libro-receipt/1",
        "receiptId": f"{karen['id']}:1",
        "controller": receipt["controller"] | {"legalEntity": "USRT"},
        "purpose": "News",
        "legalBasis": "Consent",
        "channel": None,
        "notice": {"version": "2026-01", "locale": "en-US", "text": TEXT["text"]},
        "method": "Web",
        "decision": "OptedIn",
        "decidedAt": entry["decidedAt"],
        "validUntil": entry["validUntil"],
        "withdrawalAt": PURPOSE["withdrawalAt"],
        "hash": entry["hash"],
        "previous": "0" * 64,
    }


async def test_what_was_not_shown_is_not_said(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN)])
    await decide(api, karen, decision="OptedOut")
    receipt = (await api.get(f"customers/{karen['id']}/consents/1/receipt")).json()
    missing = await api.get(f"customers/{karen['id']}/consents/2/receipt")

    assert (receipt["notice"], receipt["method"], receipt["decision"]) == (None, "Web", "OptedOut")
    assert (missing.status_code, missing.json()["code"]) == (404, "consent-not-found")
