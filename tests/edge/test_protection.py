"""What every answer says of itself: not to be stored, guessed at, or framed."""

import re

import httpx
import pytest

from functions._http.operation import OPERATIONS
from tests.api import ADMINISTRATOR, APPLICATION, CASHIER, Api, a_customer

ASSETS = ("browser.js", "swagger-ui-bundle.js", "swagger-ui.css")


def flaw(response: httpx.Response) -> str | None:
    headers = response.headers
    if headers.get("X-Content-Type-Options") != "nosniff":
        return "its type may be guessed at"
    if headers.get("Cache-Control") != "no-store":
        return "it may be stored"
    is_page = headers.get("Content-Type", "").startswith("text/html")
    is_open = "frame-ancestors 'none'" not in headers.get("Content-Security-Policy", "")
    return "it may be framed" if is_page and is_open else None


async def test_no_answer_of_any_operation_may_be_stored(api: Api) -> None:
    flaws = {}
    for operation in OPERATIONS.values():
        path = "/api/" + re.sub(r"{(\w+)}", "USRT", operation.route, count=1)
        path = re.sub(r"{(\w+)}", "000001", path)
        for bearer in (ADMINISTRATOR, APPLICATION, CASHIER):
            response = await api.call(operation.method, path, bearer=bearer)
            flaws[f"{operation.name} {response.status_code}"] = flaw(response)
        anonymous = await api.call(operation.method, path, authorization="")
        flaws[f"{operation.name} anonymous"] = flaw(anonymous)

    assert {name: found for name, found in flaws.items() if found} == {}


async def test_what_succeeds_is_not_stored_either(api: Api) -> None:
    made = await api.post("customers", a_customer())
    path = f"customers/{made.json()['id']}"
    read = await api.get(path)
    answers = [
        made,
        read,
        await api.get(path, if_none_match=read.headers["ETag"]),
        await api.call("DELETE", path, if_match="*"),
        await api.get("/api/openapi.json"),
        await api.get("/api/nowhere"),
        await api.call("OPTIONS", path),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 304, 204, 200, 404, 404]
    assert [flaw(answer) for answer in answers] == [None] * 7


async def test_only_files_that_never_change_may_be_stored(api: Api) -> None:
    for name in ASSETS:
        asset = await api.get(f"/api/docs/{name}", authorization="")
        assert asset.status_code == 200
        assert asset.headers["Cache-Control"] == "public, max-age=86400"
        assert asset.headers["X-Content-Type-Options"] == "nosniff"
    assert flaw(await api.get("/api/docs/nothing.js", authorization="")) is None


async def test_the_api_browser_runs_no_script_but_its_own_and_keeps_no_token(api: Api) -> None:
    page = await api.get("/api/docs", authorization="")
    script = await api.get("/api/docs/browser.js", authorization="")
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in page.headers["Content-Security-Policy"].split(";")
    )

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert re.findall(r"<script[^>]*>([^<]*)</script>", page.text) == ["", ""]
    assert not re.search(r"\son\w+=", page.text)
    assert set(re.findall(r'(?:src|href)="docs/([^"]+)"', page.text)) == set(ASSETS)
    assert "persistAuthorization: false" in script.text
    assert script.headers["Content-Type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("bearer", "sees"), [(APPLICATION, True), (ADMINISTRATOR, True), (CASHIER, False)]
)
async def test_only_systems_and_head_office_see_what_a_request_costs(
    api: Api, bearer: object, sees: bool
) -> None:
    response = await api.get("customers?limit=1", bearer=bearer)

    assert ("Server-Timing" in response.headers) == sees
    assert "Server-Timing" not in (await api.get("/api/health/live", authorization="")).headers
