"""Every operation, asked by everyone who may not: the table of docs/permissions.md, cell by cell.

That nobody comes in without a token, with another role or from another company is asked in
tests/edge/test_callers.py.
"""

import httpx
import pytest

from local.tokens import Bearer
from shared.configuration.domain.collections import COLLECTIONS
from tests.api import ADMINISTRATOR, APPLICATION, CASHIER, COMPANY, MANAGER, Api, a_customer
from tests.permissions.cells import (
    ALL,
    FOR_EMPLOYEES,
    GUARDED,
    NUMBER,
    WORKER,
    ask,
    code,
    employ,
)
from tools.permissions.page import is_of_a_store

pytestmark = pytest.mark.refused_at_the_door

NOBODY = Bearer("Employee", (COMPANY,), store_number="HOUSTON")
STRANGER = Bearer("Employee", (COMPANY,), personnel_number="999999", store_number="HOUSTON")
DOORS = {"worker-unknown", "worker-inactive", "permission-group-missing", "role-not-allowed"}


async def codes(api: Api, bearer: Bearer) -> dict[str, str]:
    return {one.name: code(await ask(api, one, bearer)) for one in FOR_EMPLOYEES}


@pytest.mark.parametrize("bearer", [NOBODY, STRANGER], ids=["no number", "nobody's number"])
async def test_whom_nobody_has_registered_is_let_in_nowhere(api: Api, bearer: Bearer) -> None:
    assert set((await codes(api, bearer)).values()) == {"worker-unknown"}


@pytest.mark.parametrize(
    "spelled", [NUMBER, f"{NUMBER} ", f"{NUMBER}\u200b", "\uff10\uff10\uff10777"]
)
async def test_who_has_left_is_let_in_nowhere_however_the_number_is_spelled(
    api: Api, spelled: str
) -> None:
    await employ(api, *ALL, active=False)
    bearer = Bearer("Employee", (COMPANY,), personnel_number=spelled, store_number="HOUSTON")

    assert set((await codes(api, bearer)).values()) == {"worker-inactive"}


@pytest.mark.parametrize("spelled", ["777", "0777", "0000777"])
async def test_another_number_is_another_worker(api: Api, spelled: str) -> None:
    await employ(api, *ALL)
    bearer = Bearer("Employee", (COMPANY,), personnel_number=spelled, store_number="HOUSTON")

    assert set((await codes(api, bearer)).values()) == {"worker-unknown"}


async def test_a_worker_without_a_group_is_let_in_nowhere(api: Api) -> None:
    await employ(api, permissionGroup=None)

    assert set((await codes(api, WORKER)).values()) == {"permission-group-missing"}


async def test_without_a_pos_operation_what_it_opens_is_closed(api: Api) -> None:
    for number in ALL:
        await employ(api, *(one for one in ALL if one != number))
        found = await codes(api, WORKER)
        closed = [one for one in FOR_EMPLOYEES if one.opened_by == (number,)]
        for operation in closed:
            assert found[operation.name] == f"pos-operation-{number}", operation.name


async def test_with_one_pos_operation_nothing_else_is_open(api: Api) -> None:
    for number in [0, *ALL]:
        await employ(api, number)
        found = await codes(api, WORKER)
        for operation in FOR_EMPLOYEES:
            is_open = operation.open_to_associates or number in operation.opened_by
            refused = found[operation.name].startswith("pos-operation")
            assert refused != is_open or operation.book_operations, operation.name
            assert found[operation.name] not in DOORS, operation.name
            if refused and not is_open:
                assert int(found[operation.name].rpartition("-")[2]) in operation.opened_by


async def test_with_all_of_them_everything_is_open_in_the_own_store(api: Api) -> None:
    await employ(api, *ALL)

    assert {name for name, refused in (await codes(api, WORKER)).items() if refused} == set()


async def test_the_own_book_and_those_of_the_store_are_two_permissions(api: Api) -> None:
    await employ(api, 712)
    own = await api.get(f"client-books/{NUMBER}/clients", bearer=WORKER)
    other = await api.get("client-books/000160/clients", bearer=WORKER)
    await employ(api, 713)
    reverse = await api.get(f"client-books/{NUMBER}/clients", bearer=WORKER)
    colleague = await api.get("client-books/000160/clients", bearer=WORKER)

    assert (own.status_code, code(other)) == (200, "pos-operation-713")
    assert (code(reverse), colleague.status_code) == ("pos-operation-712", 200)


async def test_another_store_is_closed(api: Api) -> None:
    await employ(api, *ALL)
    of_a_store = [one for one in FOR_EMPLOYEES if is_of_a_store(one)]
    stranger = Bearer("Employee", (COMPANY,), personnel_number=NUMBER, store_number="SANFRAN")
    found = {one.name: code(await ask(api, one, stranger)) for one in of_a_store}

    assert len(found) >= 9
    assert set(found.values()) == {"not-your-store"}, found


async def test_a_new_customer_is_of_a_store_in_which_the_associate_works(api: Api) -> None:
    await employ(api, *ALL)
    answers = [
        await api.post("customers", a_customer(storeNumber=number), bearer=WORKER)
        for number in ("HOUSTON", "SANFRAN", "ONLINE")
    ]

    assert [one.status_code for one in answers] == [201, 201, 403]
    assert code(answers[2]) == "not-your-store"


async def test_another_channel_is_closed_to_an_application(api: Api) -> None:
    await api.call(
        "PUT", "channels/HOUSTON/registration", {"subject": "till-1"}, bearer=ADMINISTRATOR
    )
    till = Bearer("Application", (COMPANY,), subject="till-2")
    elsewhere = Bearer("Application", (COMPANY,), subject="x", store_number="SANFRAN")
    of_a_channel = [
        one for one in GUARDED if "A" in one.who and "channels/{storeNumber}" in one.route
    ]
    for bearer in (till, elsewhere):
        found = {one.name: code(await ask(api, one, bearer)) for one in of_a_channel}
        assert {name: one for name, one in found.items() if one != "channel-not-allowed"} == {}
    assert len(of_a_channel) >= 12


async def test_another_customer_is_closed_to_a_customer(api: Api) -> None:
    own, other = await api.create(), await api.create()
    customer = Bearer("Customer", (COMPANY,), customer_id=own["accountNumber"])
    nobody = Bearer("Customer", (COMPANY,))
    of_a_customer = [one for one in GUARDED if "C" in one.who and "{customerId}" in one.route]
    for bearer in (customer, nobody):
        for name in (other["id"], other["accountNumber"], "nobody"):
            for one in of_a_customer:
                answer = await ask(api, one, bearer, customerId=name)
                assert code(answer) == "not-your-record", (one.name, answer.text)
    assert len(of_a_customer) >= 17


async def test_another_company_has_none_of_what_is_named(api: Api) -> None:
    import_ = await api.post("imports?store=HOUSTON", b"{}", content_type="application/x-ndjson")
    id_ = import_.json()["id"]
    elsewhere = Bearer("Application", ("DEMF",), subject="web")
    for company in (COMPANY, "DEMF"):
        answer = await api.get(f"/api/v1/{company}/imports/{id_}", bearer=elsewhere)
        assert answer.status_code in {403, 404}
    assert (await api.get(f"imports/{id_}")).status_code == 200


async def test_the_key_of_another_caller_is_another_key(api: Api) -> None:
    async def create(bearer: Bearer) -> httpx.Response:
        return await api.post("customers", a_customer(), bearer=bearer, idempotency_key="same-key")

    mine, again = await create(APPLICATION), await create(APPLICATION)
    others = [
        await create(Bearer("Application", (COMPANY,), subject="other")),
        await create(MANAGER),
    ]

    assert mine.json()["id"] == again.json()["id"]
    assert len({mine.json()["id"], *(one.json()["id"] for one in others)}) == 3


async def test_employees_read_the_settings_that_a_till_needs(api: Api) -> None:
    await employ(api)
    for name, collection in COLLECTIONS.items():
        for path in (f"settings/{name}", f"settings/{name}/x"):
            refused = code(await api.get(path, bearer=WORKER))
            assert refused == ("" if collection.for_tills else "role-not-allowed"), path
            assert code(await api.get(path)) == ""


async def test_a_company_without_workers_can_trust_those_whom_nobody_registered(api: Api) -> None:
    await employ(api, permissionGroup=None)
    await api.set_parameters(trustUnregisteredWorkers=True)
    trusted = [await codes(api, bearer) for bearer in (NOBODY, STRANGER)]
    groupless = await codes(api, WORKER)

    assert not DOORS.intersection(*(set(one.values()) for one in trusted))
    assert not any(one.startswith("pos-operation") for found in trusted for one in found.values())
    assert set(groupless.values()) == {"permission-group-missing"}, "they are registered"


async def test_it_is_logged_that_somebody_is_trusted(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    await api.set_parameters(trustUnregisteredWorkers=True)
    await api.get("me", bearer=STRANGER)
    await api.get("channels/HOUSTON/schedule")
    await api.get("me", bearer=MANAGER)
    told = [one.getMessage() for one in caplog.records if "whom nobody has" in one.getMessage()]

    assert told == [
        f"{COMPANY}: employee:999999 is let in, whom nobody has registered",
        f"{COMPANY}: application:web is let in, whom nobody has registered",
    ]


@pytest.mark.parametrize(
    ("bearer", "expected"),
    [
        (CASHIER, {"role": "Employee", "permissions": [600, 602, 603], "customerId": None}),
        (APPLICATION, {"role": "Application", "worker": None, "stores": [], "permissions": []}),
        (ADMINISTRATOR, {"role": "Administrator", "worker": None}),
        (
            Bearer("Customer", (COMPANY,), customer_id="000001"),
            {"role": "Customer", "customerId": "000001", "permissions": []},
        ),
    ],
    ids=lambda one: one.role if isinstance(one, Bearer) else "",
)
async def test_everybody_can_ask_who_they_are(
    api: Api, bearer: Bearer, expected: dict[str, object]
) -> None:
    answer = await api.get("me", bearer=bearer)
    found = answer.json()

    assert answer.status_code == 200, answer.text
    assert found | expected == found
    assert "clienteling" in found["features"]


async def test_a_worker_is_told_the_stores_and_the_group(api: Api) -> None:
    await employ(api, 602)
    found = (await api.get("me", bearer=WORKER)).json()

    assert found["worker"]["permissionGroup"] == "Tried"
    assert found["stores"] == ["HOUSTON", "SANFRAN"]
