"""Purposes are settings; what decisions name stays as it was."""

from typing import Any

from tests.api import ADMINISTRATOR, Api, an_email
from tests.consent.scenes import KAREN, checked, decide, refused

TEXT = {"version": "2026-01", "locale": "en-US", "text": "May we write to you?", "from": None}
NEWS = {"name": "News", "channels": {"email": ["email"], "phone": []}, "texts": [TEXT]}


async def put(api: Api, **but: Any) -> tuple[int, str]:
    response = await api.put_setting("consent-purposes", "News", NEWS | but, if_match="*")
    return response.status_code, response.json().get("code", "")


async def test_a_company_has_three_purposes_from_the_beginning(api: Api) -> None:
    page = (await api.get("settings/consent-purposes", bearer=ADMINISTRATOR)).json()

    assert [one["key"] for one in page["items"]] == ["Marketing", "Profiling", "Service"]
    assert [one["setting"]["legalBasis"] for one in page["items"]] == [
        "Consent",
        "Consent",
        "Contract",
    ]


async def test_a_text_is_kept_as_it_was_shown(api: Api) -> None:
    assert (await api.put_setting("consent-purposes", "News", NEWS)).status_code == 201
    other = TEXT | {"version": "2026-02"}

    assert await put(api, texts=[TEXT | {"text": "We write to you."}]) == (409, "still-in-use")
    assert await put(api, texts=[]) == (409, "still-in-use")
    assert await put(api, texts=[TEXT, other]) == (200, "")


async def test_a_purpose_that_was_decided_about_stays(api: Api) -> None:
    await api.put_setting("consent-purposes", "News", NEWS)
    await api.put_setting("consent-purposes", "Unused", NEWS | {"name": "Unused"})
    karen = await api.create(contacts=[an_email(KAREN)])
    await decide(api, karen, purpose="News", decision="OptedOut")
    path = "settings/consent-purposes"
    kept = await api.call("DELETE", f"{path}/News", bearer=ADMINISTRATOR, if_match="*")
    gone = await api.call("DELETE", f"{path}/Unused", bearer=ADMINISTRATOR, if_match="*")

    assert (kept.status_code, kept.json()["code"]) == (409, "still-in-use")
    assert gone.status_code == 204
    assert await put(api, active=False) == (200, "")
    status, problem = await refused(api, karen, purpose="News")
    assert (status, problem["errors"][0]["code"]) == (422, "purpose-unknown")
    await decide(api, karen, purpose="News", decision="OptedOut")


async def test_the_rule_of_evidence_and_the_texts_of_a_purpose(api: Api) -> None:
    await api.put_setting("consent-purposes", "News", NEWS | {"evidenceRequired": "always"})
    karen = await api.create(contacts=[an_email(KAREN)])
    weak, unknown = [
        await refused(api, karen, purpose="News", evidence=evidence)
        for evidence in ({}, {"textVersion": "1999", "reference": "x"})
    ]
    await put(api, evidenceRequired="never")
    await decide(api, karen, purpose="News", decision="OptedOut")
    kept = await decide(api, karen, purpose="News")

    assert [problem["errors"][0]["code"] for _, problem in (weak, unknown)] == [
        "evidence-required", "text-version-unknown",
    ]  # fmt: skip
    assert kept["outcome"] == "NotInForce"


async def test_bases_and_the_end_of_an_opt_in(api: Api) -> None:
    await api.put_setting("consent-purposes", "News", NEWS | {"validForDays": 30})
    await api.put_setting(
        "consent-purposes", "Soft", NEWS | {"name": "Soft", "legalBasis": "LegitimateInterest"}
    )
    karen = await api.create(contacts=[an_email(KAREN)])
    entry = await decide(api, karen, purpose="News", decidedAt="2024-01-01T00:00:00Z")
    over, soft, contract = [
        (await checked(api, purpose=purpose))[0] for purpose in ("News", "Soft", "Service")
    ]

    assert entry["validUntil"] == "2024-01-31T00:00:00.000Z"
    assert (over["allowed"], over["reason"], over["decision"]) == (False, "expired", None)
    assert (soft["allowed"], soft["reason"]) == (True, "soft-opt-in")
    assert (contract["allowed"], contract["reason"]) == (True, "contract")
