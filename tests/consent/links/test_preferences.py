"""By a link a customer decides without signing in: as JSON, by a page, and with one click."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from functions._work import Work
from local.tokens import Bearer
from shared.consent.links.tokens import LinkTokens
from tests.api import BASE, CASHIER, Api, an_email
from tests.consent.scenes import KAREN, checked, decide, ledger, marketing

TEXT = {"version": "2026-01", "locale": "en-US", "text": "May we <write> to you?"}
CHANNELS = {"email": ["email"], "phone": ["call", "sms", "messaging"]}
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
NOW = datetime.now(UTC)
MULTIPART = "multipart/form-data; boundary=x"


async def linked(api: Api, **but: Any) -> tuple[dict[str, Any], str]:
    """Return a customer, and the address of the link that was sent."""
    await api.put_setting(
        "consent-purposes", "Marketing", {"name": "Marketing", "channels": CHANNELS,
                                          "texts": [TEXT]}, if_match="*",
    )  # fmt: skip
    karen = await api.create(contacts=[an_email(KAREN, **but)])
    response = await api.post(f"customers/{karen['id']}/preference-links", {"contactId": "1"})
    assert response.status_code == 201, response.text
    sent = response.json()
    assert sent["url"].endswith(f"{BASE}/preferences?token={sent['token']}")
    parts = urlsplit(sent["url"])
    return karen, f"{parts.path}?{parts.query}"


async def visit(
    api: Api, method: str, url: str, body: Any = None, **headers: str
) -> httpx.Response:
    nobody: dict[str, Any] = {"authorization": "", **headers}
    return await api.call(method, url, body, **nobody)


def one_click(url: str) -> str:
    return url.replace("/preferences?", "/preferences/unsubscribe?")


async def test_it_shows_what_is_in_force_and_records_what_is_decided(api: Api) -> None:
    karen, url = await linked(api)
    before = (await visit(api, "GET", url)).json()
    decisions = [{"purpose": "Marketing", "decision": "OptedIn", "textVersion": "2026-01"}]
    after = await visit(api, "PUT", url, {"decisions": decisions})
    [entry] = await ledger(api, karen)

    assert (before["kind"], before["value"]) == ("email", "k\u2022\u2022\u2022@example.com")
    [purpose] = before["purposes"]
    assert (purpose["purpose"], purpose["channels"][0]["decision"]) == ("Marketing", None)
    assert purpose["texts"][0]["text"] == TEXT["text"]
    assert after.status_code == 200, after.text
    assert after.json()["purposes"][0]["channels"][0]["decision"] == "OptedIn"
    assert (entry["source"], entry["outcome"], entry["textVersion"]) == (
        "Customer", "InForce", "2026-01",
    )  # fmt: skip
    assert await marketing(api, karen) == ["OptedIn"]
    assert (await checked(api))[0]["allowed"]
    for response in (after, await visit(api, "GET", url)):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["referrer-policy"] == "no-referrer"


async def test_it_opts_in_again_after_a_withdrawal(api: Api) -> None:
    karen, url = await linked(api)
    await decide(api, karen, decision="OptedOut")
    await visit(api, "PUT", url, {"decisions": [{"purpose": "Marketing", "decision": "OptedIn"}]})

    assert [check["reason"] for check in await checked(api)] == ["opted-in"]


async def test_one_click_of_a_mail_client_withdraws_and_can_be_repeated(api: Api) -> None:
    karen, url = await linked(api, marketingConsent="OptedIn")
    answers = [
        await visit(api, "POST", one_click(url), ONE_CLICK, content_type=FORM),
        await visit(api, "POST", one_click(url)),
        await visit(
            api, "POST", one_click(url),
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
            b"One-Click\r\n--x--\r\n", content_type=MULTIPART,
        ),
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json() for answer in answers] == [{"purposes": ["Marketing"]}] * 3
    assert [check["reason"] for check in await checked(api)] == ["opted-out"]
    assert [entry["decision"] for entry in await ledger(api, karen)] == ["OptedOut", "OptedIn"]


async def test_a_link_that_is_outlived_withdraws_its_point_and_shows_nothing(api: Api) -> None:
    karen, url = await linked(api, marketingConsent="OptedIn")
    path = f"customers/{karen['id']}/contacts/1"
    await api.call("PATCH", path, {"value": "new@example.com"}, if_match="*")
    shown = await visit(api, "GET", url)
    again = [{"purpose": "Marketing", "decision": "OptedIn"}]
    opted_in = await visit(api, "PUT", url, {"decisions": again})
    withdrawn = await visit(api, "POST", one_click(url))
    old, new = await checked(api, KAREN, "new@example.com")

    for response in (shown, opted_in):
        assert (response.status_code, response.json()["code"]) == (410, "link-outlived")
    assert withdrawn.status_code == 200
    assert (old["reason"], new["reason"]) == ("opted-out", "unknown")
    assert await marketing(api, karen) == [None]


async def test_a_link_of_others_of_another_company_or_over_is_none(api: Api) -> None:
    karen, url = await linked(api)
    [token] = parse_qs(urlsplit(url).query)["token"]
    other = await api.call(
        "PUT", "/api/v1/DEMF", {"name": "Other", "currency": "EUR", "language": "de"},
        bearer=Bearer("Administrator", ("*",)),
    )  # fmt: skip
    assert other.status_code == 201, other.text
    forged = LinkTokens(b"k" * 32).sign(
        api.host.folder.backend(api.documents).links.read(token, "USRT", NOW)
    )
    short = f"customers/{karen['id']}/preference-links"
    too_long = await api.post(short, {"contactId": "1", "expiresInDays": 401})

    for wrong in (url.replace("USRT", "DEMF"), f"{BASE}/preferences?token={forged}", f"{url}x"):
        for address in (wrong, one_click(wrong)):
            method = "POST" if "unsubscribe" in address else "GET"
            with Work("test", "internal") as work:
                response = await visit(api, method, address)
            assert (response.status_code, response.json()["code"]) == (404, "link-not-found")
            assert work.count.reads == 0
    assert too_long.status_code == 422
    refused = await api.post(short, {"contactId": "1"}, bearer=CASHIER)
    assert refused.status_code == 403


async def test_the_page_needs_no_script_and_saves_by_its_form(api: Api) -> None:
    karen, url = await linked(api)
    page = await visit(api, "GET", url, accept="text/html")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "May we &lt;write&gt; to you?" in page.text
    [action, *_] = re.findall(r'action="([^"]+)"', page.text)
    where = f"{BASE}/{action}"
    saved = await visit(api, "POST", where, b"Marketing%2Femail=OptedIn", content_type=FORM)
    wrong = await visit(api, "POST", where, b"Marketing%2Femail=Maybe", content_type=FORM)
    again = await visit(api, "GET", url, accept="text/html")

    assert (saved.status_code, "Marketing, E-mail: Yes" in saved.text) == (200, True)
    assert wrong.status_code == 422
    assert 'value="OptedIn" aria-label="Marketing, E-mail: Yes" checked' in again.text
    assert await marketing(api, karen) == ["OptedIn"]


async def test_of_a_link_nothing_is_kept(api: Api) -> None:
    karen, _ = await linked(api)
    path = f"customers/{karen['id']}/preference-links"
    first, again = [
        (await api.post(path, {"contactId": "1"}, idempotency_key="k")).json() for _ in range(2)
    ]

    assert first["token"]
    assert again == first | {"token": None, "url": None}


async def test_thirty_visits_a_minute_are_enough_for_anybody(api: Api) -> None:
    _, url = await linked(api)
    answers = [await visit(api, "GET", url) for _ in range(31)]

    assert [answer.status_code for answer in answers[29:]] == [200, 429]
    assert answers[30].headers["retry-after"] == "60"
