"""What belongs to one associate, caller or channel is nothing to another one: each operation."""

from dataclasses import replace

import pytest

from functions._http.operation import Operation
from local.tokens import Bearer
from tests.api import ADMINISTRATOR, APPLICATION, COMPANY, MANAGER, Api, an_email
from tests.permissions.cells import ALL, FOR_EMPLOYEES, GUARDED, WORKER, ask, code, employ, path_of

COLLEAGUE, ELSEWHERE = "000201", "000301"  # of SANFRAN like the worker, and of the web shop
IN_SANFRAN = replace(WORKER, store_number="SANFRAN")
BOOKS = [one for one in FOR_EMPLOYEES if "{personnelNumber}" in one.route]
BODIES = {
    "add_clients": {"customerIds": ["000001"]},
    "edit_client": {"attributes": {}},
    "add_follow_up": {"customerId": "000001", "dueOn": "2031-01-01", "subject": "Call"},
    "complete_follow_up": {"outcome": "Sold"},
    "plan_a_handover": {"rule": "Evenly", "storeNumber": "SANFRAN"},
    "reassign_clients": {"customerIds": ["000001"], "to": "000160"},
}
LISTS_AT_LEAST = 8  # of which the demo company fills more than a page of one
KEPT_AT_LEAST = 12  # requests of which the answer is kept by a key
OFFLINE = (
    b'{"operationId": "5b6f7c1e-0a63-4c0e-9f5c-2a8a6f0f0a01", "type": "create",'
    b' "customerId": "5b6f7c1e-0a63-4c0e-9f5c-2a8a6f0f0a02", "at": "2026-11-20T10:00:00Z",'
    b' "body": {"lastName": "Berg"}}\n'
)


async def refused(api: Api, operation: Operation, number: str) -> str:
    body = BODIES.get(operation.name)
    return code(await ask(api, operation, IN_SANFRAN, body, personnelNumber=number))


async def test_the_book_of_another_store_is_closed(api: Api) -> None:
    await employ(api, *ALL)
    for operation in BOOKS:
        assert await refused(api, operation, ELSEWHERE) == "not-your-client-book", operation.name


async def test_only_the_own_book_is_changed(api: Api) -> None:
    await employ(api, *ALL)
    changes = [one for one in BOOKS if set(one.book_operations) <= {714, 715}]
    for operation in changes:
        assert await refused(api, operation, COLLEAGUE) == "not-your-client-book", operation.name

    assert len(changes) >= 6
    for operation in BOOKS:
        if operation not in changes:
            assert await refused(api, operation, COLLEAGUE) == "", operation.name


def callers(operation: Operation) -> list[tuple[Bearer, Bearer]]:
    """Return pairs of one role that may call the operation."""
    pairs = {
        "E": (MANAGER, Bearer("Employee", (COMPANY,), personnel_number="000137",
                              store_number="HOUSTON")),
        "A": (APPLICATION, replace(APPLICATION, subject="another")),
        "H": (ADMINISTRATOR, replace(ADMINISTRATOR, subject="another")),
    }  # fmt: skip
    return [pairs[letter] for letter in operation.who if letter in pairs]


async def test_the_cursor_of_another_caller_is_a_bad_one(api: Api) -> None:
    made = await api.create(contacts=[an_email(), an_email("two@example.com")])
    for text in ("Red shoes", "Blue shoes"):
        await api.post(f"customers/{made['id']}/notes", {"text": text}, bearer=MANAGER)
    continued = set()
    for operation in GUARDED:
        if operation.method != "GET" or "cursor" not in operation.query.model_fields:
            continue
        path = path_of(operation, customerId=made["id"], personnelNumber="000160")
        for caller, other in callers(operation):
            first = await api.get(f"{path}?limit=1", bearer=caller)
            if cursor := first.is_success and first.json().get("nextCursor"):
                query = f"{path}?limit=1&cursor={cursor}"
                theirs = await api.get(query, bearer=other)
                assert (await api.get(query, bearer=caller)).status_code == 200, operation.name
                assert theirs.json()["code"] in {"bad-cursor", "pos-operation-713"}, operation.name
                continued.add(operation.name)

    assert len(continued) >= LISTS_AT_LEAST


async def test_the_key_of_another_caller_keeps_nothing_for_anybody_else(api: Api) -> None:
    kept = 0
    made = await api.create(contacts=[an_email()])
    for operation in GUARDED:
        if not operation.idempotent:
            continue
        path = path_of(operation, customerId=made["id"], personnelNumber="000160")
        body = BODIES.get(operation.name, {}) if operation.body is not None else None
        how = {"content_type": operation.media_types[0]} if operation.body is not None else {}
        for caller, other in callers(operation):
            answers = [
                await api.call("POST", path, body, bearer=one, idempotency_key="same", **how)
                for one in (caller, caller, other)
            ]
            replayed = ["idempotency-replayed" in one.headers for one in answers]
            kept += replayed[1]
            assert not replayed[2], operation.name

    assert kept >= KEPT_AT_LEAST


async def test_an_upload_session_of_another_channel_is_not_found(api: Api) -> None:
    started = await api.call(
        "POST", "channels/HOUSTON/upload-sessions", OFFLINE, content_type="application/x-ndjson"
    )
    where = started.headers["location"]

    assert started.status_code == 202
    for bearer in (APPLICATION, ADMINISTRATOR, MANAGER):
        assert (await api.get(where, bearer=bearer)).status_code == 200
        elsewhere = await api.get(where.replace("HOUSTON", "SANFRAN"), bearer=bearer)
        assert elsewhere.json()["code"] == "upload-session-not-found"


@pytest.mark.parametrize("spelled", ["777", "0777", "0000777", "k-17", "00K-17"])
async def test_who_has_left_does_not_come_in_by_trust_under_a_number_almost_the_same(
    api: Api, spelled: str
) -> None:
    await employ(api, *ALL, active=False)
    left = {"personnelNumber": "K-17", "name": "Gone", "active": False}
    assert (await api.put_setting("workers", "K-17", left)).status_code == 201
    await api.set_parameters(trustUnregisteredWorkers=True)
    bearer = Bearer("Employee", (COMPANY,), personnel_number=spelled, store_number="HOUSTON")
    stranger = replace(bearer, personnel_number="778")

    assert code(await api.get("customers", bearer=bearer)) == "worker-unknown"
    assert (await api.get("customers", bearer=stranger)).status_code == 200
