"""Which fields of a customer a role may set, and which customers see of their own record."""

from typing import Any

import httpx
import pytest

from local.tokens import Bearer
from tests.api import ADMINISTRATOR, APPLICATION, CASHIER, COMPANY, MANAGER, Api, a_customer
from tests.offline.scenes import a_creation, an_operation, applied, statuses

FIELDS: list[tuple[str, Any]] = [
    ("customerGroup", "30"),
    ("affiliations", ["VIP"]),
    ("currency", "EUR"),
    ("addressBooks", []),
    ("externalIds", {"web": "u-8812"}),
]
TIER = "attributes/creditTier"


@pytest.fixture
async def api_with_tier(api: Api) -> Api:
    """Give a company in which head office sets the credit tier, which customers do not see."""
    await define(api, "creditTier", setBy="headOffice", selfService="none")
    await define(api, "nickname", selfService="write")
    group = (await api.get("settings/attribute-groups/Customer", bearer=ADMINISTRATOR)).json()
    members = [{"attribute": "creditTier"}, {"attribute": "nickname"}]
    body = group | {"members": group["members"] + members}
    put = await api.put_setting("attribute-groups", "Customer", body, if_match="*")
    assert put.status_code == 200, put.text
    return api


async def define(api: Api, name: str, **but: str) -> None:
    kind = {"name": "Tier", "dataType": "Text"}
    await api.put_setting("attribute-types", "Tier", kind)
    put = await api.put_setting("attributes", name, {"name": name, "attributeType": "Tier"} | but)
    assert put.status_code == 201, put.text


def own(made: dict[str, Any]) -> Bearer:
    return Bearer("Customer", (COMPANY,), customer_id=made["id"])


async def edit(api: Api, key: str, body: dict[str, Any], bearer: Bearer) -> httpx.Response:
    return await api.call("PATCH", f"customers/{key}", body, bearer=bearer, if_match="*")


def refused(answer: httpx.Response, *fields: str) -> bool:
    body = answer.json()
    return (answer.status_code, body.get("code"), body.get("fields")) == (
        403, "field-not-allowed", sorted(fields),
    )  # fmt: skip


@pytest.mark.parametrize(("field", "value"), FIELDS)
async def test_an_employee_changes_what_the_company_lists(api: Api, field: str, value: Any) -> None:
    made = await api.create(addressBooks=["USRSA"])
    others = [name for name, _ in FIELDS if name != field]
    assert refused(await edit(api, made["id"], {field: value, "suffix": "Jr."}, MANAGER), field)
    stored = (await api.get(f"customers/{made['id']}")).json()
    assert (stored["version"], stored["suffix"]) == (1, None)

    await api.set_parameters(employeeFields=[field])
    assert (await edit(api, made["id"], {field: value}, MANAGER)).status_code == 200
    assert refused(await edit(api, made["id"], dict(FIELDS), MANAGER), *others)


async def test_a_listed_field_still_needs_the_pos_operation(api: Api) -> None:
    await api.set_parameters(employeeFields=["affiliations"])
    group = {"name": "Reader", "operations": [602]}
    await api.put_setting("permission-groups", "Reader", group)
    worker = (await api.get("settings/workers/000110", bearer=ADMINISTRATOR)).json()
    await api.put_setting("workers", "000110", worker | {"permissionGroup": "Reader"}, if_match="*")
    made = await api.create()
    answer = await edit(api, made["id"], {"affiliations": ["VIP"]}, CASHIER)

    assert (answer.status_code, answer.json()["code"]) == (403, "pos-operation-623")


@pytest.mark.parametrize("bearer", [APPLICATION, ADMINISTRATOR], ids=lambda one: one.role)
async def test_systems_and_head_office_change_all_of_it(api_with_tier: Api, bearer: Bearer) -> None:
    api = api_with_tier
    made = await api.create()
    body = dict(FIELDS) | {"attributes": {"creditTier": "gold"}}
    assert (await edit(api, made["id"], body, bearer)).status_code == 200


async def test_at_creation_an_employee_gives_the_fields_but_no_attribute_of_head_office(
    api_with_tier: Api,
) -> None:
    api = api_with_tier
    given = a_customer(**dict(FIELDS))
    assert (await api.post("customers", given, bearer=MANAGER)).status_code == 201
    for tier in ("gold", ""):
        body = a_customer(attributes={"creditTier": tier, "nickname": "Kay"})
        assert refused(await api.post("customers", body, bearer=MANAGER), TIER)
    left_out = a_customer(attributes={"creditTier": None})
    assert (await api.post("customers", left_out, bearer=MANAGER)).status_code == 201


async def test_an_attribute_of_head_office_is_listed_by_its_name(api_with_tier: Api) -> None:
    api = api_with_tier
    made = await api.create(attributes={"creditTier": "gold"})
    for patch in ({"creditTier": "silver"}, {"creditTier": None}, None):
        answer = await edit(api, made["id"], {"attributes": patch}, MANAGER)
        assert refused(answer, TIER), answer.text
    await api.set_parameters(employeeFields=[TIER])
    answer = await edit(api, made["id"], {"attributes": {"creditTier": "silver"}}, MANAGER)
    assert answer.json()["attributes"]["creditTier"] == "silver"


async def test_a_till_that_was_offline_is_held_to_the_same(api_with_tier: Api) -> None:
    api = api_with_tier
    made = await api.create()
    key = "11111111-2222-4333-8444-555555555555"
    session = await applied(
        api,
        an_operation("patch", made["id"], {"affiliations": ["VIP"]}, baseVersion=1),
        a_creation(key, attributes={"creditTier": "gold"}),
    )

    assert statuses(session) == ["Refused"] * 2
    assert {one["problem"]["code"] for one in session["operations"]["items"]} == {
        "field-not-allowed"
    }
    assert (await api.get(f"customers/{made['id']}")).json()["affiliations"] == []


async def test_of_a_client_it_is_head_office_s_too(api_with_tier: Api) -> None:
    api = api_with_tier
    group = (await api.get("settings/attribute-groups/ClientBook", bearer=ADMINISTRATOR)).json()
    body = group | {"members": [*group["members"], {"attribute": "creditTier"}]}
    await api.put_setting("attribute-groups", "ClientBook", body, if_match="*")
    made, book = await api.create(), "client-books/000160/clients"
    added = await api.post(book, {"customerIds": [made["id"]]}, bearer=MANAGER)
    assert added.status_code == 201, added.text
    card = f"{book}/{made['id']}"
    patch = {"attributes": {"creditTier": "gold"}}

    assert refused(await api.call("PATCH", card, patch, bearer=MANAGER, if_match="*"), TIER)
    by_head = await api.call("PATCH", card, patch, bearer=ADMINISTRATOR, if_match="*")
    assert by_head.status_code == 200, by_head.text


async def test_customers_write_what_is_for_them_to_write(api_with_tier: Api) -> None:
    api = api_with_tier
    made = await api.create(attributes={"creditTier": "gold", "occupation": "Vet"})
    me = own(made)
    wrote = await edit(api, made["id"], {"attributes": {"nickname": "Kay"}}, me)

    assert wrote.status_code == 200, wrote.text
    for name, value in (("creditTier", "x"), ("occupation", "Pilot"), ("occupation", None)):
        answer = await edit(api, made["id"], {"attributes": {name: value}}, me)
        assert refused(answer, f"attributes/{name}")
    answer = await edit(api, made["id"], {"attributes": None}, me)
    assert "attributes/creditTier" in answer.json()["fields"]
    for field, value in FIELDS:
        assert refused(await edit(api, made["id"], {field: value}, me), field)


async def test_customers_see_neither_staff_nor_what_is_the_company_s(api_with_tier: Api) -> None:
    api = api_with_tier
    body = a_customer(attributes={"occupation": "Vet"}, affiliations=["VIP"])
    made = (await api.post("customers", body, bearer=MANAGER)).json()
    await edit(api, made["id"], {"attributes": {"creditTier": "gold"}}, ADMINISTRATOR)
    path, me = f"customers/{made['id']}", own(made)
    full = (await api.get(path)).json()
    views = [await api.get(path, bearer=me), await edit(api, made["id"], {"suffix": None}, me)]

    assert full["createdBy"] == "employee:000160"
    for view in (answer.json() for answer in views):
        assert set(full) - set(view) == {"affiliations", "addressBooks", "financialDimensions"}
        assert view["createdBy"] == "employee"
        assert ":" not in view["modifiedBy"]
        assert "creditTier" not in view["attributes"]
        assert view["attributes"]["occupation"] == "Vet"
    assert "000160" not in views[0].text
    assert views[1].headers["ETag"] == (await api.get(path)).headers["ETag"]


async def test_what_is_not_defined_any_more_is_shown_to_nobody_outside(api_with_tier: Api) -> None:
    api = api_with_tier
    made = await api.create(attributes={"creditTier": "gold"})
    group = (await api.get("settings/attribute-groups/Customer", bearer=ADMINISTRATOR)).json()
    left = [one for one in group["members"] if one["attribute"] != "creditTier"]
    await api.put_setting("attribute-groups", "Customer", group | {"members": left}, if_match="*")
    shown = (await api.get(f"customers/{made['id']}", bearer=own(made))).json()
    answer = await edit(api, made["id"], {"attributes": {"creditTier": None}}, own(made))

    assert shown["attributes"].get("creditTier") is None
    assert refused(answer, TIER)


async def test_what_head_office_sets_is_not_written_by_customers(api: Api) -> None:
    body = {"name": "x", "attributeType": "Interests", "setBy": "headOffice"}
    put = await api.put_setting("attributes", "x", body | {"selfService": "write"})
    assert put.status_code == 422


@pytest.mark.parametrize("field", ["lastName", "attributes/", "attributes/a/b", "customergroup"])
async def test_only_fields_of_the_company_can_be_listed(api: Api, field: str) -> None:
    answer = await api.call(
        "PATCH", "parameters", {"employeeFields": [field]}, bearer=ADMINISTRATOR, if_match="*"
    )
    assert answer.status_code == 422
