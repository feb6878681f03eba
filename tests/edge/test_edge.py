"""What every operation does alike: versions, idempotency, pages, traces, bad input."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions._http import idempotency
from shared.core.values import as_text
from shared.ports.documents import Partition, Put, Remove
from tests.api import ADMINISTRATOR, MANAGER, Api, a_customer

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_a_stale_version_is_refused_and_changes_nothing(api: Api) -> None:
    made = await api.create()
    path = f"customers/{made['id']}"
    read = (await api.get(path)).headers["ETag"]
    first = await api.call("PATCH", path, {"firstName": "First"}, if_match=read)
    second = await api.call("PATCH", path, {"firstName": "Second"}, if_match=read)
    weak = await api.call("PATCH", path, {"firstName": "W"}, if_match=f"W/{first.headers['ETag']}")
    several = await api.call("PATCH", path, {"firstName": "S"}, if_match='"a", "b"')
    none = await api.call("PATCH", path, {"firstName": "None"})

    assert (first.status_code, second.status_code, weak.status_code) == (200, 412, 412)
    assert (several.status_code, several.json()["code"]) == (400, "bad-header")
    assert (none.status_code, none.json()["code"]) == (428, "if-match-required")
    assert (await api.get(path)).json()["firstName"] == "First"


async def test_of_many_writers_at_one_version_one_wins(api: Api) -> None:
    made = await api.create()
    path = f"customers/{made['id']}"
    etag = (await api.get(path)).headers["ETag"]
    statuses = [
        response.status_code
        for response in await asyncio.gather(
            *(api.call("PATCH", path, {"firstName": f"N{n}"}, if_match=etag) for n in range(10))
        )
    ]

    assert sorted(statuses) == [200] + [412] * 9


async def test_what_is_known_is_not_sent_again(api: Api) -> None:
    path = f"customers/{(await api.create())['id']}"
    etag = (await api.get(path)).headers["ETag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = await api.get(path, if_none_match=known)
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["ETag"] == etag
    assert (await api.get(path, if_none_match='"other"')).status_code == 200


async def test_the_same_key_makes_one_customer(api: Api) -> None:
    body = a_customer()
    first = await api.post("customers", body, idempotency_key="k-1")
    again = await api.post("customers", body, idempotency_key="k-1")
    other_body = await api.post("customers", body | {"lastName": "X"}, idempotency_key="k-1")
    other_caller = await api.post("customers", body, idempotency_key="k-1", bearer=MANAGER)

    assert (first.status_code, again.status_code, other_caller.status_code) == (201, 201, 201)
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (other_body.status_code, other_body.json()["code"]) == (422, "idempotency-key-reused")
    assert other_caller.json()["id"] != first.json()["id"]
    assert len(await api.names("karen")) == 2


async def test_a_refusal_is_the_first_answer_too(api: Api) -> None:
    body = a_customer(storeNumber="NOWHERE")
    first = await api.post("customers", body, idempotency_key="k")
    again = await api.post("customers", body, idempotency_key="k")

    assert (first.status_code, again.status_code) == (422, 422)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["content-type"] == "application/problem+json"


async def test_the_same_key_at_once_makes_one_customer(api: Api) -> None:
    responses = await asyncio.gather(
        *(api.post("customers", a_customer(), idempotency_key="k") for _ in range(10))
    )
    codes = {(response.status_code, response.json().get("code")) for response in responses}

    assert codes <= {(201, None), (409, "idempotency-in-progress")}
    assert len(await api.names("karen")) == 1


async def test_a_crash_before_the_answer_was_kept_makes_no_second_customer(api: Api) -> None:
    """The process died after the commit: the key is marked as running, with no answer."""
    first = await api.post("customers", a_customer(), idempotency_key="k")
    place, kept = await kept_answer(api)
    running = {name: kept[name] for name in ("id", "asked", "fingerprint")}
    now = datetime.now(UTC)
    await api.documents.commit("requests", place, [Put(running | {"since": as_text(now)})])
    early = await api.post("customers", a_customer(), idempotency_key="k")
    ago = as_text(now - timedelta(minutes=2))
    await api.documents.commit("requests", place, [Put(running | {"since": ago})])
    again = await api.post("customers", a_customer(), idempotency_key="k")

    assert (early.status_code, early.json()["code"]) == (409, "idempotency-in-progress")
    assert again.status_code == 201
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["accountNumber"] == first.json()["accountNumber"]
    assert len(await api.names("karen")) == 1


async def test_a_failure_leaves_the_key_free(api: Api) -> None:
    with api.broken():
        failed = await api.post("customers", a_customer(), idempotency_key="k")
    again = await api.post("customers", a_customer(), idempotency_key="k")

    assert (failed.status_code, failed.json()["code"]) == (500, "internal")
    assert "Traceback" not in failed.text
    assert again.status_code == 201


async def test_a_failure_keeps_the_key_for_the_same_request(api: Api) -> None:
    """What failed may have been applied, so ids follow from the key again."""
    with api.broken():
        await api.post("customers", a_customer(), idempotency_key="k")
    _, kept = await kept_answer(api)
    other = await api.post("customers", a_customer(lastName="Other"), idempotency_key="k")
    again = await api.post("customers", a_customer(), idempotency_key="k")
    replayed = await api.post("customers", a_customer(), idempotency_key="k")

    assert kept["fingerprint"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert again.status_code == 201
    assert replayed.headers["Idempotency-Replayed"] == "true"


async def test_a_key_that_is_used_again_another_day_is_a_new_request(api: Api) -> None:
    first = await api.post("customers", a_customer(), idempotency_key="k")
    place, _ = await kept_answer(api)
    await api.documents.commit("requests", place, [Remove(idempotency.ANSWER)])
    second = await api.post("customers", a_customer(lastName="Other"), idempotency_key="k")

    assert second.json()["lastName"] == "Other"
    assert second.json()["id"] != first.json()["id"]


async def kept_answer(api: Api) -> tuple[Partition, dict[str, Any]]:
    """Return the only answer that is kept, and its partition, as the store has them."""
    kept: list[dict[str, Any]] = []
    position: str | None = None
    while (changes := await api.documents.changes("requests", position, 1000)).documents:
        position = changes.position
        kept += [one.body for one in changes.documents if one.id == idempotency.ANSWER]
    [body] = kept
    return (body["key"],), body


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "ü"])
async def test_a_key_is_visible_ascii(api: Api, key: str) -> None:
    response = await api.client.post(
        "/api/v1/USRT/customers",
        json=a_customer(),
        headers=[
            (b"authorization", f"Bearer {api.token(MANAGER)}".encode()),
            (b"idempotency-key", key.encode()),
        ],
    )

    assert (response.status_code, response.json()["code"]) == (400, "bad-header")


async def test_the_trace_of_the_caller_is_kept(api: Api) -> None:
    parent = f"00-{TRACE}-00f067aa0ba902b7-01"
    good = await api.get("customers/nobody", traceparent=parent)
    bad = await api.get("customers/nobody", traceparent="rubbish")

    assert good.headers["X-Trace-Id"] == good.json()["traceId"] == TRACE
    assert len(bad.headers["X-Trace-Id"]) == 32


async def test_a_problem_says_what_rfc_9457_wants(api: Api) -> None:
    response = await api.get("customers/nobody?x=1".removesuffix("?x=1"))

    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "/problems/customer-not-found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no customer nobody.",
        "instance": "/api/v1/USRT/customers/nobody",
        "code": "customer-not-found",
        "traceId": response.headers["X-Trace-Id"],
    }


async def test_a_cursor_is_good_for_its_own_question_only(api: Api) -> None:
    for n in range(3):
        await api.create(firstName=f"Karen{n}")
    cursor = (await api.get("customers?limit=1")).json()["nextCursor"]
    forged = cursor[:-2] + ("AA" if not cursor.endswith("AA") else "BB")

    assert (await api.get(f"customers?limit=2&cursor={cursor}")).status_code == 200
    for path in (
        f"customers?cursor={forged}",
        "customers?cursor=rubbish",
        "customers?cursor=%F0%9F%98%80",
        f"customers?q=karen&cursor={cursor}",
        f"settings/stores?cursor={cursor}",
    ):
        response = await api.get(path)
        assert (response.status_code, response.json()["code"]) == (400, "bad-cursor"), path


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limt=5", "limit=1&limit=2", "by=shoe", "store="]
)
async def test_a_bad_query_is_refused(api: Api, query: str) -> None:
    response = await api.get(f"customers?{query}")

    assert (response.status_code, response.json()["code"]) == (400, "bad-query")
    assert response.json()["errors"]


async def test_the_platforms_own_parameters_are_let_through(api: Api) -> None:
    assert (await api.get("customers?code=key&clientId=me")).status_code == 200


DEEP = b'{"attributes": ' + b'{"a": ' * 5000 + b"1" + b"}" * 5000 + b"}"
ORDERS = b'{"storeNumber": "HOUSTON", "attributes": {"orders": '
NASTY: list[tuple[str, bytes, int]] = [
    ("empty", b"", 400),
    ("not JSON", b"{", 400),
    ("trailing", b'{"storeNumber": "HOUSTON"} x', 400),
    ("NaN", b'{"storeNumber": "HOUSTON", "attributes": {"orders": NaN}}', 422),
    ("infinite", b'{"storeNumber": "HOUSTON", "attributes": {"orders": 1e999}}', 422),
    ("huge number", b"%s%s%s" % (ORDERS, b"9" * 5000, b"}}"), 0),
    ("deep", DEEP, 400),
    ("deep list", b"[" * 100_000, 400),
    ("NUL", json.dumps(a_customer(firstName="a\x00b")).encode(), 422),
    ("NUL in a key", json.dumps(a_customer(externalIds={"a\x00": "b"})).encode(), 422),
    ("lone surrogate", b'{"storeNumber": "HOUSTON", "firstName": "\\ud800"}', 400),
    ("bad UTF-8", b'{"storeNumber": "HOUSTON", "firstName": "\xff\xfe"}', 400),
    ("a list", b"[]", 422),
    ("a string", b'"x"', 422),
    ("null", b"null", 422),
    ("wrong types", b'{"storeNumber": 5, "firstName": [], "contacts": {}, "addresses": 3}', 422),
    ("deep attribute", b'{"storeNumber": "HOUSTON", "attributes": {"birthday": {"a": 1}}}', 422),
    ("blank name", json.dumps(a_customer(firstName=" ", lastName="")).encode(), 422),
    ("slash in a key", json.dumps(a_customer(storeNumber="../x")).encode(), 422),
    ("many contacts", json.dumps(a_customer(contacts=[{}] * 51)).encode(), 422),
    ("2 MiB", json.dumps(a_customer(firstName="x" * 2 * 1024 * 1024)).encode(), 413),
    ("same key twice", b'{"storeNumber": "HOUSTON", "storeNumber": "NOWHERE"}', 400),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "status"), NASTY, ids=[row[0] for row in NASTY])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_nasty_bodies_are_refused_and_change_nothing(
    api: Api, name: str, body: bytes, status: int, method: str
) -> None:
    path = "customers"
    if method == "PATCH":
        path = f"customers/{(await api.create())['id']}"
    before = (await api.get("customers")).json()
    response = await api.call(method, path, body, if_match="*", content_type="application/json")

    assert response.status_code in ({status} if status else {400, 422}), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["traceId"]
    assert (await api.get("customers")).json() == before


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/jsonx"])
async def test_another_kind_of_body_is_refused(api: Api, kind: str) -> None:
    response = await api.call("POST", "customers", b"{}", content_type=kind)

    assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type")


async def test_the_charset_of_json_may_be_said(api: Api) -> None:
    body = json.dumps(a_customer()).encode()
    response = await api.call(
        "POST", "customers", body, content_type="application/json; charset=utf-8"
    )

    assert response.status_code == 201


async def test_a_wrong_method_or_path_is_404(api: Api) -> None:
    for method, path in [
        ("PUT", "customers"), ("DELETE", "customers"), ("POST", f"customers/{uuid.uuid4()}"),
        ("OPTIONS", "customers"), ("GET", "/api/v2/x"), ("GET", "/api"), ("GET", "/api/"),
    ]:  # fmt: skip
        response = await api.call(method, path)
        assert (response.status_code, response.json()["code"]) == (404, "no-such-resource")
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["traceId"] == response.headers["X-Trace-Id"]
    assert (await api.call("GET", "/x")).status_code == 404, "outside of /api is the host's own"


async def test_a_store_that_is_down_is_unavailable_and_comes_back(api: Api) -> None:
    body: dict[str, Any] = a_customer()
    with api.crashing_before_the_directory():
        made = await api.post("customers", body, idempotency_key="k")
    assert made.status_code == 201, "the record is there; its entries follow"

    with api.without_a_store():
        down = await api.post("customers", body, idempotency_key="k2")
        ready = await api.get("/api/health/ready")
        live = await api.get("/api/health/live")
    up = await api.post("customers", body, idempotency_key="k2")

    assert (down.status_code, down.headers["Retry-After"]) == (503, "2")
    assert down.headers["content-type"] == "application/problem+json"
    assert (ready.status_code, ready.json()["down"]) == (503, ["store"])
    assert live.status_code == 200
    assert up.status_code == 201


async def test_an_administrator_may_not_create(api: Api) -> None:
    response = await api.post("customers", a_customer(), bearer=ADMINISTRATOR)

    assert response.json()["requiredRoles"] == ["Employee", "Application"]


@pytest.mark.parametrize("name", ["a%3Fb", "a%5Cb", "%01", "a%0Ab", "%23", "x" * 300, "%2F", "%FF"])
@pytest.mark.parametrize("path", ["customers/", "settings/stores/", "customers/x/addresses/"])
async def test_what_no_resource_can_be_called_is_not_found(api: Api, path: str, name: str) -> None:
    response = await api.get(path + name)

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
