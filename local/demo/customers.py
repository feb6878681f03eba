"""The customers of the demo company."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from faker import Faker

from local.demo.settings import STORES
from shared.context import Context
from shared.customers.creation.creation import create_customer
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import Customer


async def create_customers(count: int, fake: Faker, context: Context) -> Sequence[Customer]:
    """Create customers of all stores, one in every hour after the start."""
    customers = []
    for index in range(count):
        later = replace(context, now=context.now + timedelta(hours=index + 1))
        created = await create_customer(_new_customer(fake, index), context=later)
        customers.append(created.customer.value)
    return customers


async def create_default_customer(context: Context) -> Customer:
    new = NewCustomer(
        store_number="HOUSTON", first_name="Default", last_name="Customer", customer_group="30"
    )
    return (await create_customer(new, context=context)).customer.value


def _new_customer(fake: Faker, index: int) -> NewCustomer:
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
