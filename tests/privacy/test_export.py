"""Everything that is stored about a customer, as one document that a machine can read."""

import base64
import json
from hashlib import sha256
from typing import Any

from local.tokens import Bearer
from shared.privacy.export_sections import SECTIONS
from tests.api import ADMINISTRATOR, COMPANY, Api
from tests.privacy.scenes import MARKERS, everywhere


async def exported(api: Api, customer: dict[str, Any], query: str = "") -> dict[str, Any]:
    path = f"customers/{customer['id']}/export{query}"
    response = await api.get(path, bearer=ADMINISTRATOR)
    assert response.status_code == 200, response.text
    digest = base64.b64encode(sha256(response.content).digest()).decode()
    assert response.headers["digest"] == f"sha-256={digest}"
    assert "attachment" in response.headers["content-disposition"]
    return api.read(response)


async def test_every_section_is_there_and_so_is_the_person(api: Api) -> None:
    customer = await everywhere(api)
    export = await exported(api, customer)
    sections = export["sections"]
    text = json.dumps(export)
    empty = {name for name in SECTIONS if not sections[name]}

    assert tuple(sections) == SECTIONS
    assert [name for name, word in MARKERS.items() if word not in text] == ["phone"]
    assert "(206) 555-0177" in text, "as it was entered"
    assert empty - {"accesses"} == {
        "attributes", "measures", "syncOperations", "holds", "erasure", "merges",
    }, "an access shows a second later"  # fmt: skip
    assert export["schema"] == "libro-export/1"
    assert export["subject"]["accountNumber"] == customer["accountNumber"]
    assert sections["consents"]["verification"]["valid"]
    assert len(sections["consents"]["receipts"]) == len(sections["consents"]["entries"])
    assert len(sections["addresses"]) == 2, "also what has ended"
    for internal in ("schemaVersion", '"etag"', "madeBy", '"normal"'):
        assert internal not in text, internal


async def test_that_it_was_exported_is_noted_and_not_what(api: Api) -> None:
    customer = await everywhere(api)
    before = (await api.get(f"customers/{customer['id']}")).json()
    await exported(api, customer, "?sections=notes")
    after = (await api.get(f"customers/{customer['id']}")).json()
    [*_, newest] = (await exported(api, customer, "?sections=events"))["sections"]["events"]

    assert after == before | {"version": before["version"] + 1}
    assert (newest["type"], newest["data"]["actor"]) == ("customer.exported", "administrator:ada")
    assert newest["data"]["changes"] == []


async def test_sections_can_be_named_and_whose_data_it_is_may_have_it(api: Api) -> None:
    customer = await everywhere(api)
    some = await exported(api, customer, "?sections=notes,contacts")
    path = f"customers/{customer['id']}/export"
    unknown = await api.get(f"{path}?sections=all", bearer=ADMINISTRATOR)
    own = Bearer("Customer", (COMPANY,), customer_id=customer["id"])
    other = Bearer("Customer", (COMPANY,), customer_id="00000000-0000-4000-8000-000000000001")

    assert set(some["sections"]) == {"notes", "contacts"}
    assert unknown.status_code == 400
    assert (await api.get(path, bearer=own)).status_code == 200
    assert (await api.get(path, bearer=other)).status_code == 403
    assert (await api.get(path)).status_code == 403, "applications have no use for it"


async def test_it_is_compressed_where_that_is_accepted(api: Api) -> None:
    customer = await api.create()
    path = f"customers/{customer['id']}/export"
    response = await api.get(path, bearer=ADMINISTRATOR, accept_encoding="gzip")

    assert response.headers["content-encoding"] == "gzip"
    assert response.json()["subject"]["id"] == customer["id"]
