"""The draft of a new customer: everything but the account number."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.configuration.domain import collections as col
from shared.context import Context
from shared.core.errors import Invalid
from shared.core.evolve import evolve
from shared.customers import documents, named_settings
from shared.customers.domain import addresses as ad
from shared.customers.domain import creation as cr
from shared.customers.domain.contacts import FEATURE, Contacts
from shared.customers.domain.customers import Customer
from shared.customers.domain.events import address_change
from shared.customers.participants import Change


@dataclass(frozen=True, slots=True)
class Draft:
    """A customer with the addresses that are created in the same commit.

    `details` are what the request says to participants in the commit.
    """

    customer: Customer
    addresses: tuple[ad.Address, ...]
    details: Mapping[str, Any]

    def numbered(self, account_number: str | None) -> "Draft":
        """Return it with the account number, or pending where there is none yet."""
        if account_number is None:
            return replace(self, customer=evolve(self.customer, sync_status="PendingSync"))
        return replace(self, customer=evolve(self.customer, account_number=account_number))

    def change(self) -> Change:
        """Return the first version of the customer, to be committed."""
        return Change(
            None,
            self.customer,
            operations=[
                documents.create_address(address, self.customer.version)
                for address in self.addresses
            ],
            parts=[address_change(None, address) for address in self.addresses],
            details=self.details,
        )


async def draft_customer(
    new: cr.NewCustomer, inherited: cr.CustomerDefaults, context: Context
) -> Draft:
    """Return what the request describes. Raises Invalid, and what the rules of contacts raise."""
    customer = await _customer(new, inherited, context)
    addresses = await _addresses(new, customer, inherited.country, context)
    if addresses:
        customer = evolve(customer, **ad.summarizing_all(addresses))
    return Draft(customer, tuple(addresses), cr.details_of(new))


async def _customer(
    new: cr.NewCustomer, inherited: cr.CustomerDefaults, context: Context
) -> Customer:
    await named_settings.check_named(new, context)
    customer = cr.draft_customer(
        new,
        inherited,
        cr.Creation(
            id=new.id or context.new_id(),
            legal_entity=context.legal_entity,
            made_by=context.fingerprint,
            actor=context.actor,
            now=context.now,
        ),
        contacts=await _contacts(new, inherited, context),
        definitions=await named_settings.definitions(context),
    )
    if customer.customer_group == inherited.customer_group:
        return customer
    dimensions = await named_settings.dimensions(customer.customer_group, context)
    return evolve(customer, financial_dimensions=dimensions)


async def _contacts(
    new: cr.NewCustomer, inherited: cr.CustomerDefaults, context: Context
) -> Contacts:
    if not new.contacts:
        return ()
    features = await context.configuration.features(context.legal_entity)
    return cr.first_contacts(
        new.contacts,
        new.customer_type or inherited.customer_type,
        country=_phone_country(new, inherited),
        several=bool(features.get(FEATURE)),
    )


def _phone_country(new: cr.NewCustomer, inherited: cr.CustomerDefaults) -> str:
    """Return the country whose way of writing phone numbers applies: the primary address's."""
    candidates = [address for address in new.addresses if address.primary] or new.addresses
    return (candidates[0].country if candidates else None) or inherited.country


async def _addresses(
    new: cr.NewCustomer, customer: Customer, country: str, context: Context
) -> list[ad.Address]:
    default = ad.default_purpose(customer.customer_type)
    namings: list[col.Naming] = [
        (f"/addresses/{index}/purpose", col.ADDRESS_PURPOSES.name, address.purpose)
        for index, address in enumerate(new.addresses)
        if address.purpose not in {None, default}
    ]
    if namings and (flaws := await context.configuration.unknown(context.legal_entity, namings)):
        raise Invalid(flaws)
    ids = [f"{index + 1}" for index in range(len(new.addresses))]
    return ad.first_addresses(
        new.addresses, ids, customer=customer, country=country, now=context.now
    )
