"""From an empty company to a filtered client book with measures: the steps of setting it up."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from function_app import app
from local.folder import Folder
from local.host import messages as buses
from local.host.functions import read_functions
from local.tokens import Bearer
from tests.distribution.reference_channel import ReferenceChannel
from tests.doubles import servicebus
from tests.doubles.cosmos.endpoint import Endpoint
from tests.e2e.hosts.elsewhere import serving_on_azure
from tests.e2e.hosts.server import serving
from tests.servicebus_layout import configuration

LAYOUT = buses.layout(read_functions(app, {"COSMOS_DATABASE": "libro"}))
COMPANY, PATIENCE = "ITRT", 30.0
CARLA, DARIO = "000001", "000002"


class Company:
    """A company as head office and its associates see it over HTTP."""

    def __init__(self, url: str, folder: Folder, stack: ExitStack) -> None:
        def client(role: str, **claims: str) -> httpx.Client:
            token = folder.tokens().issue(Bearer(role, (COMPANY,), **claims))
            headers = {"Authorization": f"Bearer {token}"}
            base = f"{url}/api/v1/{COMPANY}"
            return stack.enter_context(httpx.Client(base_url=base, headers=headers, timeout=60))

        self.url, self.folder = f"{url}/api/v1/{COMPANY}", folder
        self.office = client("Administrator", subject="ada")
        self.shop = client("Application", subject="web")
        self.carla = client("Employee", personnel_number=CARLA, store_number="MILANO")
        self.dario = client("Employee", personnel_number=DARIO, store_number="MILANO")

    def put(self, path: str, **body: Any) -> None:
        response = self.office.put(path, json=body)
        assert response.status_code == 201, response.text

    def setting(self, collection: str, key: str, **body: Any) -> None:
        self.put(f"/settings/{collection}/{key}", **body)

    def set_parameters(self, **parameters: Any) -> httpx.Response:
        return self.office.patch("/parameters", json=parameters, headers={"If-Match": "*"})

    def cards(self, who: httpx.Client, path: str, **query: Any) -> list[dict[str, Any]]:
        response = who.get(path, params=query)
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items


@pytest.fixture(params=["embedded", "azure"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    with ExitStack() as stack:
        if request.param == "embedded":
            server = stack.enter_context(serving(tmp_path / "data"))
        else:
            endpoint: Endpoint = request.getfixturevalue("cosmos_endpoint")
            broker = stack.enter_context(servicebus.serve(configuration(LAYOUT)))
            endpoint.database(tmp_path.name)
            on_azure = serving_on_azure(tmp_path / "data", endpoint, tmp_path.name, broker)
            server = stack.enter_context(on_azure)
        yield Company(server.url, Folder(tmp_path / "data"), stack)


def test_a_company_is_set_up_for_clienteling(company: Company) -> None:
    # 1. The legal entity, which has its number sequences from the start.
    company.put("", name="Contoso Italia", currency="EUR", language="it-IT")

    # 2. Attributes that say what is worth knowing, and the group that client books use.
    company.setting("attribute-types", "Date", name="Date", dataType="Date")
    company.setting(
        "attribute-types", "Interests", name="Interests", dataType="Text", multiValue=True,
        fixedList=["Shoes", "Handbags"], labels={"Shoes": {"it": "Scarpe"}},
    )  # fmt: skip
    company.setting(
        "attributes", "birthday", name="birthday", friendlyName="Birthday", attributeType="Date",
        refinable=True, translations={"it": {"friendlyName": "Compleanno"}},
    )  # fmt: skip
    company.setting(
        "attributes", "interests", name="interests", friendlyName="Interests",
        attributeType="Interests", refinable=True,
    )  # fmt: skip
    company.setting(
        "attribute-groups", "ClientBook", name="ClientBook",
        members=[{"attribute": "interests", "displayOrder": 2},
                 {"attribute": "birthday", "displayOrder": 1}],
    )  # fmt: skip
    assert company.set_parameters(clientBookAttributeGroup="ClientBook").status_code == 200

    # 3. Activity types.
    company.setting("activity-types", "Visit", name="Visit", label="Store visit", order=1)

    # 4. Address books, the store, and who works there with which permissions.
    company.setting("address-books", "MI", name="MI")
    company.setting("address-books", "MI-STAFF", name="MI-STAFF")
    company.setting(
        "permission-groups", "Associate", name="Associate", operations=[603, 623, 712, 714, 715]
    )
    company.setting(
        "permission-groups", "Boss", name="Boss", operations=[603, 623, 712, 713, 714, 715, 716],
        manager=True,
    )  # fmt: skip
    company.setting(
        "stores", "MILANO", storeNumber="MILANO", name="Milano",
        operatingUnit={"name": "Milano", "address": {"country": "IT"}}, currency="EUR",
        language="it-IT", timeZone="Europe/Rome", customerAddressBooks=["MI"],
        employeeAddressBooks=["MI-STAFF"],
    )  # fmt: skip
    for number, name, group in ((CARLA, "Carla", "Associate"), (DARIO, "Dario", "Boss")):
        company.setting(
            "workers", number, personnelNumber=number, name=name, permissionGroup=group,
            employeeAddressBooks=["MI-STAFF"],
        )  # fmt: skip

    # 5. The feature itself: until then every operation of it is refused.
    off = company.carla.get(f"/client-books/{CARLA}")
    switch = company.office.put(
        "/features/clienteling", json={"enabled": True}, headers={"If-Match": "*"}
    )
    book = company.carla.get(f"/client-books/{CARLA}").json()
    assert (off.status_code, off.json()["code"]) == (409, "feature-off")
    assert switch.status_code == 200
    assert book["id"] == "CB-000001"

    # 6. Measures: what cannot work is not enabled.
    refused = company.set_parameters(customerInsights={"enabled": True, "measures": ["Spend"]})
    company.setting("measures", "Spend", name="Spend", label="Spend", dataType="Currency",
                    currency="EUR")  # fmt: skip
    allowed = company.set_parameters(customerInsights={"enabled": True, "measures": ["Spend"]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "measure-unknown"
    assert allowed.status_code == 200

    # 7. Customers come into the book; what is known of them, is.
    keys = {
        name: company.shop.post(
            "/customers", json={"storeNumber": "MILANO", "firstName": name, "lastName": "Rossi"}
        ).json()["id"]
        for name in ("Anna", "Bice", "Cleo")
    }
    added = company.carla.post(
        f"/client-books/{CARLA}/clients", json={"customerIds": list(keys.values())}
    )
    known: dict[str, dict[str, Any]] = {
        "Anna": {"interests": ["Shoes"], "birthday": "1990-02-28"},
        "Bice": {"interests": ["Shoes", "Handbags"]},
    }
    for name, attributes in known.items():
        told = company.carla.patch(
            f"/client-books/{CARLA}/clients/{keys[name]}",
            json={"attributes": attributes}, headers={"If-Match": "*"},
        )  # fmt: skip
        assert told.status_code == 200, told.text
    spent = {"values": {keys["Anna"]: 1234.5}}
    imported = company.office.put("/measures/Spend", json=spent)
    visit = {"activityType": "Visit", "summary": "Tried on boots"}
    acted = company.carla.post(f"/customers/{keys['Anna']}/activities", json=visit)
    noted = company.carla.post(f"/customers/{keys['Anna']}/notes", json={"text": "Size 38"})
    assert added.json()["done"] == 3
    assert imported.json()["written"] == 1
    assert (acted.status_code, noted.status_code) == (201, 201)

    # 8. The book is filtered, and says the three things worth knowing in her language.
    anna = settled(company, keys["Anna"])
    shoes = company.cards(
        company.carla, f"/client-books/{CARLA}/clients", filter="interests:eq:Shoes"
    )
    assert [one["name"] for one in shoes] == ["Anna Rossi", "Bice Rossi"]
    assert [(one["label"], one["value"]) for one in anna["slots"]] == [
        ("Spend", "1.234,50\xa0€"), ("Compleanno", "28 feb 1990"), ("Interests", "Scarpe"),
    ]  # fmt: skip

    # 9. Her manager sees the book of the store; she herself does not.
    whole = company.cards(company.dario, "/stores/MILANO/clients")
    forbidden = company.carla.get("/stores/MILANO/clients")
    timeline = company.cards(company.dario, f"/customers/{keys['Anna']}/timeline")
    assert [one["associate"]["name"] for one in whole] == ["Carla"] * 3
    assert (forbidden.status_code, forbidden.json()["code"]) == (403, "pos-operation-713")
    assert {one["type"] for one in timeline} == {"note", "activity", "bookMove"}

    # 10. When she moves, her clients are handed over.
    moved = company.dario.post(
        f"/client-books/{CARLA}/reassignments", json={"all": True, "to": DARIO}
    )
    his = company.cards(company.dario, f"/client-books/{DARIO}/clients")
    assert moved.json()["done"] == 3
    assert [one["name"] for one in his] == ["Anna Rossi", "Bice Rossi", "Cleo Rossi"]
    assert his[0]["attributes"] == known["Anna"]

    # 11. What was set up is sent to the store, whose channel downloads and applies it.
    for job in ("1040", "1150", "1110", "1090"):
        assert ended(company, job)["status"] == "Succeeded"
    milano = asyncio.run(caught_up(company))
    assert set(milano.table("1040", "attributes")) == {"birthday", "interests"}
    assert set(milano.table("1150", "attribute-groups")) == {"ClientBook"}
    assert milano.table("1110", "features")["clienteling"]["enabled"]
    assert set(milano.table("1090", "activity-types")) == {"Visit"}
    [layout] = milano.table("1090", "card-layout").values()
    assert layout["clientBookAttributeGroup"]["name"] == "ClientBook"
    again = ended(company, "1040")
    assert again["status"] == "NoData"


def ended(company: Company, job: str) -> dict[str, Any]:
    """Run a distribution job, and return the run once it has ended."""
    started = company.office.post(f"/distribution-jobs/{job}/runs")
    assert started.status_code == 202, started.text
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        path = f"/distribution-jobs/{job}/runs/{started.json()['id']}"
        run: dict[str, Any] = company.office.get(path).json()
        if run["endedAt"]:
            return run
        time.sleep(0.1)
    raise AssertionError(run)


async def caught_up(company: Company) -> ReferenceChannel:
    """Return the channel of the store once it has applied what it is offered."""
    bearer = Bearer("Application", (COMPANY,), subject="till", store_number="MILANO")
    token = company.folder.tokens().issue(bearer)
    async with httpx.AsyncClient(timeout=60) as client:
        channel = ReferenceChannel(client, company.url, "MILANO", token)
        assert await channel.catch_up() == 4
        return channel


def settled(company: Company, key: str) -> dict[str, Any]:
    """Return the card once what was imported has come to it, by the change feed."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        card: dict[str, Any] = company.carla.get(f"/client-books/{CARLA}/clients/{key}").json()
        if len(card["slots"]) == 3 and card["lastActivityAt"]:
            return card
        time.sleep(0.1)
    raise AssertionError(card)
