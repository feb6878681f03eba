"""The forms in which e-mails and phones are compared, and how those are found."""

import pytest
from email_validator import validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.errors import Invalid
from shared.customers.domain.normal_forms import normal_email, normalize, present_form
from tests.api import Api, a_phone, an_email


@pytest.mark.parametrize(
    ("kind", "value", "country", "normal"),
    [
        ("email", "Karen.Berg@X.ORG", None, "karen.berg@x.org"),
        ("email", "info@Bücher.example", None, "info@xn--bcher-kva.example"),
        ("email", "info@xn--bcher-kva.example", None, "info@xn--bcher-kva.example"),
        ("email", "ju\u0308rgen@x.org", None, "jürgen@x.org"),
        ("phone", "(206) 555-0147", "US", "+12065550147"),
        ("phone", "206-555-0147 x1", "US", "+12065550147;ext=1"),
        ("phone", "tel:+12065550147;ext=12", "DE", "+12065550147;ext=12"),
        ("phone", "+52 1 55 12345678", "US", "+525512345678"),
        ("phone", "044 55 1234 5678", "MX", "+525512345678"),
        ("phone", "+52 55 1234 5678", "US", "+525512345678"),
        ("phone", "+54 11 15 2345 6789", "US", "+5491123456789"),
        ("phone", "011 15 2345 6789", "AR", "+5491123456789"),
        ("phone", "+39 02 123456", "US", "+3902123456"),
    ],
)
def test_one_form_for_all_ways_of_writing(
    kind: str, value: str, country: str | None, normal: str
) -> None:
    assert normalize(kind, value, country, "/value") == normal
    assert present_form({"kind": kind, "value": value, "normal": normal}) == normal


def by_the_library(value: str) -> str | None:
    try:
        found = validate_email(value, check_deliverability=False, globally_deliverable=False)
    except ValueError:
        return None
    return f"{found.local_part.lower()}@{found.ascii_domain.lower()}"


def normal_or_none(value: str) -> str | None:
    try:
        return normal_email(value)
    except ValueError:
        return None


pieces = st.text("aK0._%+-'é", max_size=6) | st.sampled_from(["x" * 59, "x" * 64, "a.b"])
labels = st.sampled_from(
    [
        "x",
        "X",
        "org",
        "test",
        "localhost",
        "xn--",
        "xn--bcher-kva",
        "ab--c",
        "-a",
        "1",
        "",
        "y" * 64,
    ]
)
domains = st.lists(labels, min_size=1, max_size=3).map(".".join)


@settings(derandomize=True, database=None, deadline=None, max_examples=2_000)
@given(pieces, domains)
def test_what_is_right_at_a_glance_is_as_the_library_says(local_part: str, domain: str) -> None:
    value = f"{local_part}@{domain}"
    assert normal_or_none(value) == by_the_library(value)


@pytest.mark.parametrize(
    ("value", "country"),
    [
        ("555-0199", "US"), ("2345", "DE"), ("5551234", "IT"), ("07 64 01 94 08", "US"),
        ("112", "DE"), ("+1 555-0199", "US"),
    ],
)  # fmt: skip
def test_a_number_that_is_not_whole_has_no_form_to_compare(value: str, country: str) -> None:
    assert normalize("phone", value, country, "/value") is None


def test_a_refusal_names_a_country_only_where_it_was_assumed() -> None:
    with pytest.raises(Invalid) as abroad:
        normalize("phone", "+49 1", "US", "/value")
    with pytest.raises(Invalid) as at_home:
        normalize("phone", "12345678901234", "US", "/value")

    assert "US" not in abroad.value.flaws[0].detail
    assert "in US" in at_home.value.flaws[0].detail


async def test_an_older_form_becomes_the_present_one() -> None:
    switchboard = {"kind": "phone", "value": "206-555-0147 x1", "normal": "+12065550147"}
    domain = {"kind": "email", "value": "a@bücher.example", "normal": "a@bücher.example"}
    local = {"kind": "phone", "value": "555-0199", "normal": "+15550199"}

    assert present_form(switchboard) == "+12065550147;ext=1"
    assert present_form(domain) == "a@xn--bcher-kva.example"
    assert present_form(local) is None


async def test_strangers_of_two_cities_are_not_the_same_by_a_local_number(api: Api) -> None:
    await api.set_parameters(duplicatePolicy="block")
    await api.create(firstName="Ann", contacts=[a_phone("555-0199")])
    created = await api.create(firstName="Bob", contacts=[a_phone("555-0199")])
    path = f"customers/{created['id']}/contacts"

    assert (await api.post(path, a_phone("555-0199"))).json()["code"] == "contact-exists"
    assert await api.names("5550199") == ["Ann Berg", "Bob Berg"]


async def test_colleagues_of_one_switchboard_are_told_apart(api: Api) -> None:
    await api.set_parameters(duplicatePolicy="block")
    ann = await api.create(firstName="Ann", contacts=[a_phone("206-555-0147 x1")])
    await api.create(firstName="Bob", contacts=[a_phone("206-555-0147 ext. 2")])
    again = await api.post(
        "customers", {"storeNumber": "HOUSTON", "firstName": "C", "lastName": "D"}
        | {"contacts": [a_phone("+1 206 555 0147;ext=1")]},
    )  # fmt: skip
    second = await api.post(f"customers/{ann['id']}/contacts", a_phone("206-555-0147 x3"))

    assert again.json()["candidates"][0]["name"] == "Ann Berg"
    assert second.status_code == 201
    assert await api.names("206 555 0147") == ["Ann Berg", "Bob Berg"]
    assert await api.names("206-555-0147 x2") == ["Bob Berg"]
    assert await api.names("206-555-0147 ext. 3") == ["Ann Berg"]
    assert await api.names("206-555-0147 x7") == []


@pytest.mark.parametrize("given", ["p1@müller.example", "p1@xn--mller-kva.example"])
async def test_an_address_is_found_by_both_forms_of_its_domain(api: Api, given: str) -> None:
    await api.create(contacts=[an_email(given)])

    assert await api.names("p1@xn--mller-kva.example") == ["Karen Berg"]
    assert await api.names("p1@müller.example") == ["Karen Berg"]
    assert await api.names("p1@müller.example&by=email") == ["Karen Berg"]


async def test_a_value_is_cut_in_a_patch_as_in_a_post(api: Api) -> None:
    created = await api.create(contacts=[an_email()])
    path = f"customers/{created['id']}/contacts/{created['contacts'][0]['id']}"
    changed = await api.call("PATCH", path, {"value": "  \u202aa@x.org\u202c "}, if_match="*")

    assert changed.json()["value"] == "a@x.org"


@pytest.mark.parametrize("name", ["\u200b", "Ka\u202eren", "\u3164"])
async def test_a_name_can_be_seen(api: Api, name: str) -> None:
    body = {"storeNumber": "HOUSTON", "firstName": name, "lastName": "Berg"}
    response = await api.post("customers", body)

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/firstName"
