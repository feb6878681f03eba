"""Cursors and sessions: nobody reads them, forges them, or uses those of another caller."""

import base64

import pytest

from local.tokens import Bearer
from shared.composition import wiring
from shared.composition.metered import Metered
from shared.platform.sessions import Session, session
from shared.ports.documents import Document, Documents, Partition
from tests.api import ADMINISTRATOR, APPLICATION, COMPANY, MANAGER, Api, a_customer

TILL = Bearer("Application", (COMPANY,), subject="till")
OTHERS = "0:-1#999999999"


class Waiting(Metered):
    """A store that keeps what each read of a customer would wait for."""

    def __init__(self, documents: Documents) -> None:
        super().__init__(documents)
        self.waits: list[dict[str, str]] = []

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        if container == "customers" and (current := session.get()) is not None:
            self.waits.append(dict(current.tokens))
        return await super().read(container, partition, document_id)


async def test_a_cursor_says_nothing_of_the_names_it_has_passed(api: Api) -> None:
    ids = [(await api.create(lastName=name))["id"] for name in ("Gregory", "Hill", "Ivanova")]
    added = await api.post("client-books/000160/clients", {"customerIds": ids}, bearer=MANAGER)
    page = (await api.get("client-books/000160/clients?limit=1", bearer=MANAGER)).json()
    cursor = page["nextCursor"]
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    rest = await api.get(f"client-books/000160/clients?limit=9&cursor={cursor}", bearer=MANAGER)

    assert added.status_code in {200, 201}, added.text
    assert b"gregory" not in raw.lower()
    assert b"karen" not in raw.lower()
    assert [card["customerId"] for card in rest.json()["items"]] == ids[1:]


async def test_the_cursor_of_another_caller_is_refused(api: Api) -> None:
    for name in ("A", "B"):
        await api.create(lastName=name)
    cursor = (await api.get("customers?limit=1")).json()["nextCursor"]

    for bearer in (TILL, ADMINISTRATOR, MANAGER):
        response = await api.get(f"customers?limit=1&cursor={cursor}", bearer=bearer)
        assert (response.status_code, response.json()["code"]) == (400, "bad-cursor")
    assert (await api.get(f"customers?cursor={cursor}", bearer=APPLICATION)).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        f"customers {OTHERS}",
        "customers abc",
        "x" * 4000,
        "\u00e9",
        "",
        "=",
        "customers 0:-1#1; a b",
    ],
)
async def test_a_forged_session_is_as_good_as_none(api: Api, sent: str) -> None:
    made = await api.create()
    store = Waiting(api.documents)
    with api._installed(store):
        response = await api.client.get(
            f"/api/v1/{COMPANY}/customers/{made['id']}",
            headers={
                b"x-session": sent.encode(),
                b"authorization": f"Bearer {api.token(APPLICATION)}".encode(),
            },
        )

    assert response.status_code == 200, response.text
    assert store.waits[0] == {}, "what the store would wait for is not the caller's to say"


async def test_a_session_is_for_who_has_written(api: Api) -> None:
    path = f"customers/{(await api.create())['id']}"
    seal = wiring.backend().session_seal
    sent = Session({"customers": "0:-1#1"}).sealed(seal, f"application:web {COMPANY}")
    elsewhere = Session({"customers": "0:-1#1"}).sealed(seal, "application:web USMF")
    waited = []
    for bearer, header in (
        (APPLICATION, sent), (TILL, sent), (MANAGER, sent), (APPLICATION, elsewhere)
    ):  # fmt: skip
        store = Waiting(api.documents)
        with api._installed(store):
            assert (await api.get(path, bearer=bearer, x_session=header)).status_code == 200
        waited.append("customers" in store.waits[0])

    assert "customers" not in sent
    assert waited == [True, False, False, False]


async def test_what_a_request_has_written_is_answered_sealed(
    api: Api, pytestconfig: pytest.Config
) -> None:
    response = await api.post("customers", a_customer())
    sent = response.headers.get("X-Session", "")
    opened = Session.opened(sent, wiring.backend().session_seal, f"application:web {COMPANY}")

    assert ("customers" in opened.tokens) == (pytestconfig.getoption("--store") == "cosmos")
    assert "customers" not in sent
