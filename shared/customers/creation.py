"""Making customers, and what they inherit."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shared.configuration.domain import collections as col
from shared.configuration.domain.stores import Store
from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid, Unavailable
from shared.core.evolve import evolve
from shared.customers.directory.duplicates import check_duplicates
from shared.customers.directory.entries import UNLISTED, index_or_leave
from shared.customers.documents import address_document, customer_document, customer_of, load
from shared.customers.domain.addresses import (
    Address,
    carrying_all,
    default_purpose,
    first_addresses,
)
from shared.customers.domain.contacts import FEATURE, Contacts
from shared.customers.domain.creation import (
    Candidate,
    Creation,
    CustomerDefaults,
    NewCustomer,
    defaults,
    first_contacts,
    make_customer,
)
from shared.customers.domain.customers import Customer, CustomerExists
from shared.customers.domain.pending_rules import ENHANCED, check_asked
from shared.customers.event_documents import address_change, telling
from shared.customers.named_settings import check_named, definitions, dimensions
from shared.customers.timeline_entries import consents_of_edit
from shared.ports.documents import Create
from shared.sync.operations import at_first


@dataclass(frozen=True, slots=True)
class Created:
    """The customer, the document it is stored as, and what the caller should know of it."""

    customer: Customer
    body: dict[str, Any]
    inherited: CustomerDefaults
    candidates: tuple[Candidate, ...] = ()


async def create_customer(
    new: NewCustomer,
    *,
    context: Context,
    allow_duplicate: bool = False,
    asynchronously: bool = False,
) -> Created:
    """Make a customer; the same request twice, told by its fingerprint, makes one.

    It gets its account number later if that is asked for, if the store does so, and if there is
    none to be had now. Raises Invalid, CustomerExists, PossibleDuplicate, FeatureOff, and what
    the rules of contacts raise.
    """
    store = await context.configuration.store(
        context.legal_entity, new.store_number, "/storeNumber"
    )
    inherited = await inheritance(store, context=context)
    later = asynchronously or await _makes_pending(store, context)
    if later:
        inherited = await _as_far_as_allowed(new, inherited, context)
    customer = await _draft(new, inherited, context)
    addresses = await _addresses(new, customer, store, context)
    if addresses:
        customer = evolve(customer, **carrying_all(addresses))
    if (new.id or context.fingerprint) and (there := await _there(customer, context)):
        return Created(there, customer_document(there), inherited)
    candidates = await check_duplicates(customer, allow=allow_duplicate, context=context)
    customer = evolve(customer, **(await _account(customer, later, context)))
    body = customer_document(customer)
    made = await _commit(customer, body, addresses, context)
    if made.account_number != customer.account_number:
        body = customer_document(made)  # the same request came in between
    return Created(made, body, inherited, candidates)


async def customer_defaults(store_number: str, *, context: Context) -> CustomerDefaults:
    """Return what a new customer of the store would inherit. Raises Invalid."""
    store = await context.configuration.store(context.legal_entity, store_number, "/store")
    return await inheritance(store, context=context)


async def inheritance(store: Store, *, context: Context) -> CustomerDefaults:
    """Return what the store lends. The default customer is remembered like a setting."""
    return await context.configuration.worked_out(
        context.legal_entity,
        "inheritance",
        store.store_number,
        lambda: _inheritance(store, context),
    )


async def _inheritance(store: Store, context: Context) -> CustomerDefaults:
    if store.default_customer_id is None:
        return defaults(store, None, None)
    context.configuration.lenders.add((context.legal_entity, store.default_customer_id))
    lender = await load(context.documents, context.legal_entity, store.default_customer_id)
    group = lender.customer_group and await context.configuration.find(
        context.legal_entity, col.CUSTOMER_GROUPS, lender.customer_group
    )
    return defaults(store, lender, group or None)


async def _draft(new: NewCustomer, inherited: CustomerDefaults, context: Context) -> Customer:
    """Return the customer that was asked for, as far as it stands without a number."""
    await check_named(new, context)
    customer = make_customer(
        new,
        inherited,
        Creation(
            id=new.id or context.new_id(),
            legal_entity=context.legal_entity,
            made_by=context.fingerprint,
            actor=context.actor,
            now=context.now,
        ),
        contacts=await _contacts(new, inherited, context),
        definitions=await definitions(context),
    )
    if customer.customer_group == inherited.customer_group:
        return customer
    own = await dimensions(customer.customer_group, context)
    return evolve(customer, financial_dimensions=own)


async def _contacts(new: NewCustomer, inherited: CustomerDefaults, context: Context) -> Contacts:
    if not new.contacts:
        return ()
    features = await context.configuration.features(context.legal_entity)
    return first_contacts(
        new.contacts,
        new.customer_type or inherited.customer_type,
        country=_phone_country(new, inherited),
        several=bool(features.get(FEATURE)),
        now=context.decided_at,
    )


def _phone_country(new: NewCustomer, inherited: CustomerDefaults) -> str:
    """Return the country whose way of writing phones is meant: that of the primary address."""
    chosen = [one for one in new.addresses if one.primary] or new.addresses
    return (chosen[0].country if chosen else None) or inherited.country


async def _addresses(
    new: NewCustomer, customer: Customer, store: Store, context: Context
) -> list[Address]:
    default = default_purpose(customer.customer_type)
    named: list[col.Naming] = [
        (f"/addresses/{index}/purpose", col.ADDRESS_PURPOSES.name, address.purpose)
        for index, address in enumerate(new.addresses)
        if address.purpose not in {None, default}
    ]
    if named and (flaws := await context.configuration.unknown(context.legal_entity, named)):
        raise Invalid(flaws)
    ids = [f"{index + 1}" for index in range(len(new.addresses))]
    return first_addresses(
        new.addresses, ids, customer=customer, country=store.country, now=context.now
    )


async def _makes_pending(store: Store, context: Context) -> bool:
    profile = store.functionality_profile and await context.configuration.find(
        context.legal_entity, col.PROFILES, store.functionality_profile
    )
    return bool(profile and profile.create_customers_asynchronously)


async def _as_far_as_allowed(
    new: NewCustomer, inherited: CustomerDefaults, context: Context
) -> CustomerDefaults:
    """Return what a customer inherits that is made asynchronously. Raises FeatureOff."""
    features = await context.configuration.features(context.legal_entity)
    check_asked(new, features)
    if features.get(ENHANCED):
        return inherited
    return evolve(inherited, affiliations=())


async def _account(customer: Customer, later: bool, context: Context) -> dict[str, Any]:
    """Return the account number, or that it comes later: also where none can be had now.

    A fallback is not asked for, so no switch stands in its way: a sale does not wait.
    """
    if not later:
        with suppress(Unavailable):
            return {"account_number": await account_number(customer, context)}
    return {"sync_status": "PendingSync"}


async def account_number(customer: Customer, context: Context) -> str:
    """Take one from the group's own sequence, or from the company's.

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


async def _commit(
    customer: Customer, body: dict[str, Any], addresses: list[Address], context: Context
) -> Customer:
    told = telling(None, customer, (address_change(None, one) for one in addresses), context)
    operations = [
        Create(body),
        *(Create(address_document(address)) for address in addresses),
        *consents_of_edit(None, customer, context),
        told,
        *at_first(customer, told, context),
    ]
    try:
        etags = await context.documents.commit("customers", context.place(customer.id), operations)
    except AlreadyExists:
        return await _there(customer, context) or customer
    made = evolve(customer, etag=etags[0])
    await index_or_leave(context.documents, made, UNLISTED)
    return made


async def _there(customer: Customer, context: Context) -> Customer | None:
    """Return what the same request made when it came before, or None; raise CustomerExists.

    Looking before a number is taken lets an import that comes again cost no numbers.
    """
    place = context.place(customer.id)
    document = await context.documents.read("customers", place, customer.id)
    if document is None:
        return None
    existing = customer_of(document)
    if context.fingerprint is None or existing.made_by != context.fingerprint:
        raise CustomerExists(
            f"There is a customer {customer.id} already.",
            customerId=existing.id,
            accountNumber=existing.account_number,
        )
    await index_or_leave(context.documents, existing)
    return existing
