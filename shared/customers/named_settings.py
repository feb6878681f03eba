"""The settings that a customer names: whether they exist, and what they say."""

from shared.configuration.domain import collections as col
from shared.configuration.domain.attributes import Definitions
from shared.context import Context
from shared.core.errors import Invalid
from shared.customers.domain.customer_record import CustomerRecord
from shared.customers.domain.customers import Customer, CustomerFields


async def check_named(fields: CustomerFields | CustomerRecord, context: Context) -> None:
    """Raise Invalid with a flaw for every setting that is named and does not exist."""
    namings: list[col.Naming] = [
        (f"/{pointer}/{index}", collection.name, key)
        for pointer, collection, keys in (
            ("affiliations", col.AFFILIATIONS, fields.affiliations),
            ("addressBooks", col.ADDRESS_BOOKS, fields.address_books),
        )
        for index, key in enumerate(keys or ())
    ]
    if fields.customer_group is not None:
        namings.append(("/customerGroup", col.CUSTOMER_GROUPS.name, fields.customer_group))
    if fields.title is not None:
        namings.append(("/title", col.TITLES.name, fields.title))
    if namings and (flaws := await context.configuration.unknown(context.legal_entity, namings)):
        raise Invalid(flaws)


async def definitions(context: Context) -> Definitions:
    parameters = await context.configuration.parameters(context.legal_entity)
    return await context.configuration.definitions(
        context.legal_entity, parameters.customer_attribute_group
    )


async def dimensions(group: str | None, context: Context) -> dict[str, str]:
    setting = group and await context.configuration.find(
        context.legal_entity, col.CUSTOMER_GROUPS, group
    )
    return setting.financial_dimensions if setting else {}


async def check_purpose(purpose: str | None, context: Context) -> None:
    """Raise Invalid unless the company has the purpose of an address."""
    if purpose is not None:
        await context.configuration.require(
            context.legal_entity, col.ADDRESS_PURPOSES, purpose, "/purpose"
        )


async def store_country(customer: Customer, context: Context) -> str | None:
    """Return the country of the store where the customer was created."""
    store = await context.configuration.find(
        context.legal_entity, col.STORES, customer.store_number
    )
    return store.country if store else None
