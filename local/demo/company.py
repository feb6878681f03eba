"""Demo data: a company with its stores and people, and some hundred customers made by Faker."""

import asyncio
import logging
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from faker import Faker

from local.demo import books as demo_books
from local.folder import Folder
from local.store import choice as stores
from shared.composition.wiring import Backend
from shared.configuration import companies, settings
from shared.configuration.domain import collections as col
from shared.configuration.domain.companies import CompanyFields, Parameters
from shared.configuration.domain.features import NEEDS
from shared.context import Context
from shared.customers.creation.creation import create_customer
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import Customer
from shared.follow_ups.rule_settings import FOLLOW_UP_RULES

log = logging.getLogger(__name__)

COMPANY = "USRT"
CUSTOMERS = 200
SEED = 4021

SETTINGS: list[tuple[col.Collection[Any], dict[str, Any]]] = [
    (col.ADDRESS_BOOKS, {"name": "USRSA", "description": "Customers of the southern stores"}),
    (col.ADDRESS_BOOKS, {"name": "USRSW", "description": "Customers of the western stores"}),
    (col.ADDRESS_BOOKS, {"name": "USRSE", "description": "Associates of all stores"}),
    (col.ADDRESS_BOOKS, {"name": "USRWE", "description": "Associates of the western stores"}),
    (col.ADDRESS_BOOKS, {"name": "USROE", "description": "Associates of the web shop"}),
    (col.AFFILIATIONS, {"name": "VIP", "description": "Valued customers"}),
    (col.AFFILIATIONS, {"name": "Student"}),
    (col.CUSTOMER_GROUPS, {"id": "30", "name": "Retail customers",
                           "financialDimensions": {"CostCenter": "015"}}),
    (col.CUSTOMER_GROUPS, {"id": "10", "name": "Wholesale customers",
                           "financialDimensions": {"CostCenter": "010"}}),
    (col.PROFILES, {"name": "Default", "createCustomersOffline": True}),
    (col.PERMISSION_GROUPS, {"name": "Manager", "manager": True,
                             "operations": [137, 138, 600, 602, 603, 612, 623,
                                            712, 713, 714, 715, 716]}),
    (col.PERMISSION_GROUPS, {"name": "Associate",
                             "operations": [137, 600, 602, 603, 612, 623, 712, 714, 715]}),
    (col.PERMISSION_GROUPS, {"name": "Cashier", "operations": [600, 602, 603]}),
    (col.ATTRIBUTE_TYPES, {"name": "Date", "dataType": "Date"}),
    (col.ATTRIBUTE_TYPES, {"name": "Text", "dataType": "Text"}),
    (col.ATTRIBUTE_TYPES, {"name": "Amount", "dataType": "Currency"}),
    (col.ATTRIBUTE_TYPES, {"name": "Count", "dataType": "Integer",
                           "range": {"min": 0, "max": 1000000}}),
    (col.ATTRIBUTE_TYPES, {"name": "Interests", "dataType": "Text", "multiValue": True,
                           "fixedList": ["Shoes", "Handbags", "Bikes", "Clothing", "Accessories",
                                         "Jewelry"]}),
    (col.ATTRIBUTES, {"name": "birthday", "friendlyName": "Birthday", "attributeType": "Date",
                      "refinable": True}),
    (col.ATTRIBUTES, {"name": "interests", "friendlyName": "Interests",
                      "attributeType": "Interests", "refinable": True}),
    (col.ATTRIBUTES, {"name": "favoriteBrand", "friendlyName": "Favorite brand",
                      "attributeType": "Text", "refinable": True,
                      "translations": {"es": {"friendlyName": "Marca favorita"}}}),
    (col.ATTRIBUTES, {"name": "occupation", "friendlyName": "Occupation",
                      "attributeType": "Text"}),
    (col.ATTRIBUTES, {"name": "orders", "friendlyName": "Orders", "attributeType": "Count",
                      "refinable": True}),
    (col.ATTRIBUTES, {"name": "lifetimeValue", "friendlyName": "Lifetime value",
                      "attributeType": "Amount", "refinable": True}),
    (col.ATTRIBUTE_GROUPS, {"name": "Customer", "members": [
        {"attribute": "birthday", "displayOrder": 1},
        {"attribute": "interests", "displayOrder": 2},
        {"attribute": "occupation", "displayOrder": 3},
        {"attribute": "orders", "displayOrder": 4},
        {"attribute": "lifetimeValue", "displayOrder": 5},
    ]}),
    (col.ATTRIBUTE_GROUPS, {"name": "ClientBook", "members": [
        {"attribute": "birthday", "displayOrder": 1},
        {"attribute": "interests", "displayOrder": 2},
        {"attribute": "favoriteBrand", "displayOrder": 3},
    ]}),
    (col.ACTIVITY_TYPES, {"name": "StoreVisit", "label": "Store visit", "order": 1}),
    (col.ACTIVITY_TYPES, {"name": "Email", "label": "E-mail", "order": 2}),
    (col.ACTIVITY_TYPES, {"name": "Phone", "label": "Phone", "order": 3}),
    (col.ACTIVITY_TYPES, {"name": "Appointment", "label": "Appointment", "order": 4}),
    (FOLLOW_UP_RULES, {"name": "Birthday", "kind": "BeforeDate", "attribute": "birthday",
                           "days": 14, "subject": "Birthday of {name}"}),
    (col.WORKERS, {"personnelNumber": "000160", "name": "Andrew Collette",
                   "employeeAddressBooks": ["USRSE"], "permissionGroup": "Manager"}),
    (col.WORKERS, {"personnelNumber": "000137", "name": "Tricia Fejfar",
                   "employeeAddressBooks": ["USRSE"], "permissionGroup": "Associate"}),
    (col.WORKERS, {"personnelNumber": "000201", "name": "Ana Trujillo",
                   "employeeAddressBooks": ["USRWE"], "permissionGroup": "Associate"}),
    (col.WORKERS, {"personnelNumber": "000301", "name": "Mia Novak",
                   "employeeAddressBooks": ["USROE"], "permissionGroup": "Associate"}),
    (col.WORKERS, {"personnelNumber": "000110", "name": "Emil Karafezov",
                   "employeeAddressBooks": ["USRSE"], "permissionGroup": "Cashier"}),
]  # fmt: skip

EMPLOYEES = {"SANFRAN": ["USRWE"], "ONLINE": ["USROE"]}
STORES = [
    ("HOUSTON", "Houston", "Store", "TX", "USRSA", "America/Chicago"),
    ("SANFRAN", "San Francisco", "Store", "CA", "USRSW", "America/Los_Angeles"),
    ("ONLINE", "Web shop", "Online", "WA", "USRSA", "America/Los_Angeles"),
]


def fill(folder: Folder, store: str) -> None:
    """Fill an empty store; one that has something in it stays as it is."""
    if store != "sqlite":
        asyncio.run(_fill(folder, store))
    elif not folder.database.exists():
        _fill_file(folder)


def _fill_file(folder: Folder) -> None:
    """Make the file entirely or not at all."""
    draft = Folder(folder.path / "demo-in-progress")
    for left_over in draft.path.glob("libro.db*"):
        left_over.unlink()
    asyncio.run(_fill(draft, "sqlite"))
    draft.database.replace(folder.database)
    shutil.rmtree(draft.path)


async def _fill(folder: Folder, store: str) -> None:
    async with stores.STORES[store](folder) as documents:
        if await documents.read("settings", (COMPANY, "company"), "company"):
            return
        log.info("Making demo data ...")
        await _make(folder.backend(documents))
        log.info("%d customers made", CUSTOMERS)


async def _make(backend: Backend) -> None:
    now = datetime.now(UTC)
    hours = timedelta(hours=CUSTOMERS + 1)
    context = backend.context(COMPANY, "application:demo", now - hours)
    await configure(context)
    fake = Faker("en_US")
    fake.seed_instance(SEED)
    made = []
    for index in range(CUSTOMERS):
        later = replace(context, now=context.now + timedelta(hours=index + 1))
        created = await create_customer(_customer(fake, index), context=later)
        made.append(created.customer.value)
    await demo_books.fill(made, fake, replace(context, now=now))


async def configure(context: Context) -> None:
    """Make the company, everything configured in it, and its stores."""
    fields = CompanyFields(name="Contoso Retail USA", currency="USD", language="en-US")
    await companies.put_company(fields, if_match=None, context=context)
    for collection, body in SETTINGS:
        await _put(collection, body, context)
    for name in NEEDS:
        _, etag = await companies.read_features(context=context)
        await companies.switch_feature(name, enabled=True, if_match=etag, context=context)
    document = await settings.read_parameters(context=context)
    await settings.edit_parameters(_with_attributes, if_match=document.etag, context=context)
    for row in STORES:
        await _put(col.STORES, _store(*row), context)
    lender = await _default_customer(context)
    for row in STORES:
        body = _store(*row) | {"defaultCustomerId": lender.id}
        await _put(col.STORES, body, context, if_match="*")


async def _default_customer(context: Context) -> Customer:
    new = NewCustomer(
        store_number="HOUSTON", first_name="Default", last_name="Customer", customer_group="30"
    )
    return (await create_customer(new, context=context)).customer.value


def _with_attributes(old: dict[str, Any]) -> Parameters:
    return Parameters.model_validate(
        old | {"customerAttributeGroup": "Customer", "clientBookAttributeGroup": "ClientBook"}
    )


async def _put(
    collection: col.Collection[Any],
    body: dict[str, Any],
    context: Context,
    if_match: str | None = None,
) -> None:
    setting = collection.model.model_validate(body)
    key = collection.key_of(setting)
    await settings.put_setting(collection, key, setting, if_match=if_match, context=context)


def _store(  # noqa: PLR0913, PLR0917  # a row of the table above
    number: str, name: str, channel: str, state: str, book: str, zone: str
) -> dict[str, Any]:
    return {
        "storeNumber": number,
        "name": name,
        "channelType": channel,
        "operatingUnit": {"name": name, "address": {"country": "US", "state": state}},
        "currency": "USD",
        "language": "en-US",
        "timeZone": zone,
        "functionalityProfile": "Default",
        "customerAddressBooks": [book],
        "employeeAddressBooks": ["USRSE", *EMPLOYEES.get(number, ())],
    }


def _customer(fake: Faker, index: int) -> NewCustomer:
    first, last = fake.first_name(), fake.last_name()
    body: dict[str, Any] = {
        "storeNumber": STORES[index % len(STORES)][0],
        "contacts": [
            {"kind": "email", "value": f"{first}.{last}{index}@example.com".lower()},
            {"kind": "phone", "value": f"({fake.random_int(201, 989)}) 555-{index:04}"},
        ],
        "addresses": [
            {
                "street": fake.street_address(),
                "city": fake.city(),
                "state": fake.state_abbr(),
                "postalCode": fake.postcode(),
            }
        ],
    }
    if index % 10 == 0:
        return NewCustomer.model_validate(
            body | {"customerType": "Organization", "organizationName": fake.company()}
        )
    birthday = fake.date_of_birth(minimum_age=18, maximum_age=80).isoformat()
    interests = fake.random_elements(["Shoes", "Handbags", "Bikes", "Jewelry"], unique=True)
    person = {"firstName": first, "lastName": last}
    attributes = {"birthday": birthday, "interests": sorted(interests)}
    return NewCustomer.model_validate(body | person | {"attributes": attributes})
