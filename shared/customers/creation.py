"""Creating customers."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shared.configuration.domain import collections as col
from shared.configuration.domain.stores import Store
from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid, Unavailable
from shared.core.evolve import evolve
from shared.core.versioned import Versioned
from shared.customers import documents, named_settings
from shared.customers.commit import commit
from shared.customers.directory.duplicates import check_duplicates
from shared.customers.directory.entries import try_index
from shared.customers.domain import addresses as ad
from shared.customers.domain import creation as cr
from shared.customers.domain.contacts import FEATURE, Contacts
from shared.customers.domain.customers import Customer, CustomerExists, CustomerNotFound
from shared.customers.domain.events import address_change
from shared.customers.domain.pending_rules import ENHANCED, check_creation
from shared.customers.inheritance import inheritance
from shared.customers.participants import Change


@dataclass(frozen=True, slots=True)
class Created:
    """The customer, and what the caller should know of its creation."""

    customer: Versioned[Customer]
    inherited: cr.CustomerDefaults
    candidates: tuple[cr.Candidate, ...] = ()


async def create_customer(
    new: cr.NewCustomer,
    *,
    context: Context,
    allow_duplicate: bool = False,
    asynchronously: bool = False,
) -> Created:
    """Create a customer; a repeated request, known by its fingerprint, creates no second one.

    The account number follows later if that is requested, if the store works so, and if none can
    be had now. Raises Invalid, CustomerExists, PossibleDuplicate, FeatureOff, and what the rules
    of contact points raise.
    """
    store = await context.configuration.store(
        context.legal_entity, new.store_number, "/storeNumber"
    )
    inherited = await inheritance(store, context=context)
    pending = asynchronously or await _creates_pending(store, context)
    if pending:
        inherited = await _restricted(new, inherited, context)
    customer = await _draft(new, inherited, context)
    addresses = await _addresses(new, customer, store, context)
    if addresses:
        customer = evolve(customer, **ad.summarizing_all(addresses))
    if (new.id or context.fingerprint) and (existing := await _existing(customer, context)):
        return Created(existing, inherited)
    candidates = await check_duplicates(customer, allow=allow_duplicate, context=context)
    customer = evolve(customer, **await _account(customer, pending, context))
    created = await _commit(customer, addresses, context)
    return Created(created, inherited, candidates)


async def account_number(customer: Customer, context: Context) -> str:
    """Take an account number from the customer group's own sequence, or from the company's.

    Raises Unavailable, Invalid, NumberSequenceNotFound, NumberSequenceExhausted.
    """
    company = context.legal_entity
    group = customer.customer_group and await context.configuration.find(
        company, col.CUSTOMER_GROUPS, customer.customer_group
    )
    code = group.account_number_sequence if group else None
    if code is None:
        code = (await context.configuration.parameters(company)).customer_number_sequence
    if code is None:
        raise Invalid.at("", "no-number-sequence", "The company has no customer number sequence.")
    return await context.numbers.take(company, code)


async def _draft(new: cr.NewCustomer, inherited: cr.CustomerDefaults, context: Context) -> Customer:
    """Return the customer that is requested, as far as it goes without an account number."""
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
        now=context.decided_at,
    )


def _phone_country(new: cr.NewCustomer, inherited: cr.CustomerDefaults) -> str:
    """Return the country whose way of writing phone numbers applies: the primary address's."""
    candidates = [address for address in new.addresses if address.primary] or new.addresses
    return (candidates[0].country if candidates else None) or inherited.country


async def _addresses(
    new: cr.NewCustomer, customer: Customer, store: Store, context: Context
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
        new.addresses, ids, customer=customer, country=store.country, now=context.now
    )


async def _creates_pending(store: Store, context: Context) -> bool:
    profile = store.functionality_profile and await context.configuration.find(
        context.legal_entity, col.PROFILES, store.functionality_profile
    )
    return bool(profile and profile.create_customers_asynchronously)


async def _restricted(
    new: cr.NewCustomer, inherited: cr.CustomerDefaults, context: Context
) -> cr.CustomerDefaults:
    """Return what a customer inherits that is created asynchronously. Raises FeatureOff."""
    features = await context.configuration.features(context.legal_entity)
    check_creation(new, features)
    return inherited if features.get(ENHANCED) else evolve(inherited, affiliations=())


async def _account(customer: Customer, pending: bool, context: Context) -> dict[str, Any]:
    """Return the account number, or that it follows later: also where none can be had now.

    No one requests the fallback, so it needs no feature: a sale does not wait.
    """
    if not pending:
        with suppress(Unavailable):
            return {"account_number": await account_number(customer, context)}
    return {"sync_status": "PendingSync"}


async def _commit(
    customer: Customer, addresses: list[ad.Address], context: Context
) -> Versioned[Customer]:
    change = Change(
        None,
        customer,
        operations=[documents.create_address(address) for address in addresses],
        parts=[address_change(None, address) for address in addresses],
    )
    try:
        return await commit(change, context)
    except AlreadyExists:
        existing = await _existing(customer, context)
        if existing is None:
            raise Unavailable("The customer was created at this moment; try again.") from None
        return existing


async def _existing(customer: Customer, context: Context) -> Versioned[Customer] | None:
    """Return the customer if the same request created it before, or None.

    Looking before a number is taken lets a repeated import cost no numbers. Raises CustomerExists.
    """
    try:
        existing = await documents.load(customer.id, context)
    except CustomerNotFound:
        return None
    if context.fingerprint is None or existing.value.made_by != context.fingerprint:
        raise CustomerExists(
            f"There is a customer {customer.id} already.",
            customerId=existing.value.id,
            accountNumber=existing.value.account_number,
        )
    await try_index(existing, None, context)
    return existing
