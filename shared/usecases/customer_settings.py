"""The settings that a customer names: are they there, and what do they say."""

from shared.domain import collections as col
from shared.domain.attributes import Definitions
from shared.domain.customers import CustomerFields, CustomerView
from shared.errors import Invalid
from shared.usecases.errand import Errand


async def check_named(fields: CustomerFields | CustomerView, errand: Errand) -> None:
    """Raise Invalid for every setting that is named and not there."""
    named: list[col.Naming] = [
        (f"/{pointer}/{index}", collection.name, key)
        for pointer, collection, keys in (
            ("affiliations", col.AFFILIATIONS, fields.affiliations),
            ("addressBooks", col.ADDRESS_BOOKS, fields.address_books),
        )
        for index, key in enumerate(keys or ())
    ]
    if fields.customer_group is not None:
        named.append(("/customerGroup", col.CUSTOMER_GROUPS.name, fields.customer_group))
    if fields.title is not None:
        named.append(("/title", col.TITLES.name, fields.title))
    if named and (flaws := await errand.configuration.unknown(errand.legal_entity, named)):
        raise Invalid(flaws)


async def definitions(errand: Errand) -> Definitions:
    parameters = await errand.configuration.parameters(errand.legal_entity)
    return await errand.configuration.definitions(
        errand.legal_entity, parameters.customer_attribute_group
    )


async def dimensions(group: str | None, errand: Errand) -> dict[str, str]:
    found = group and await errand.configuration.find(
        errand.legal_entity, col.CUSTOMER_GROUPS, group
    )
    return found.financial_dimensions if found else {}
