"""Making customers, and what they inherit."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shared.domain import collections as col
from shared.domain.addresses import Address, carrying_all, default_purpose, first_addresses
from shared.domain.contacts import FEATURE, Contacts
from shared.domain.customer_creation import (
    Candidate,
    Creation,
    CustomerDefaults,
    NewCustomer,
    defaults,
    first_contacts,
    make_customer,
)
from shared.domain.customers import Customer, CustomerExists
from shared.domain.pending import ENHANCED, check_asked
from shared.domain.stores import Store
from shared.errors import AlreadyExists, Invalid, Unavailable
from shared.ports import Create
from shared.usecases.customer_settings import check_named, definitions, dimensions
from shared.usecases.directory import UNLISTED, index_or_leave
from shared.usecases.duplicates import check_duplicates
from shared.usecases.errand import Errand
from shared.usecases.events import address_change, telling
from shared.usecases.records import address_document, customer_document, customer_of, load
from shared.usecases.sync_operations import at_first
from shared.usecases.timeline import consents_of_edit


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
    errand: Errand,
    allow_duplicate: bool = False,
    asynchronously: bool = False,
) -> Created:
    """Make a customer; the same request twice, told by its fingerprint, makes one.

    It gets its account number later if that is asked for, if the store does so, and if there is
    none to be had now. Raises Invalid, CustomerExists, PossibleDuplicate, FeatureOff, and what
    the rules of contacts raise.
    """
    store = await errand.configuration.store(errand.legal_entity, new.store_number, "/storeNumber")
    inherited = await inheritance(store, errand=errand)
    later = asynchronously or await _makes_pending(store, errand)
    if later:
        inherited = await _as_far_as_allowed(new, inherited, errand)
    customer = await _draft(new, inherited, errand)
    addresses = await _addresses(new, customer, store, errand)
    if addresses:
        customer = customer.model_copy(update=carrying_all(addresses))
    if (new.id or errand.fingerprint) and (there := await _there(customer, errand)):
        return Created(there, customer_document(there), inherited)
    candidates = await check_duplicates(customer, allow=allow_duplicate, errand=errand)
    customer = customer.model_copy(update=await _account(customer, later, errand))
    body = customer_document(customer)
    made = await _commit(customer, body, addresses, errand)
    if made.account_number != customer.account_number:
        body = customer_document(made)  # the same request came in between
    return Created(made, body, inherited, candidates)


async def customer_defaults(store_number: str, *, errand: Errand) -> CustomerDefaults:
    """Return what a new customer of the store would inherit. Raises Invalid."""
    store = await errand.configuration.store(errand.legal_entity, store_number, "/store")
    return await inheritance(store, errand=errand)


async def inheritance(store: Store, *, errand: Errand) -> CustomerDefaults:
    """Return what the store lends. The default customer is remembered like a setting."""
    return await errand.configuration.worked_out(
        errand.legal_entity,
        "inheritance",
        store.store_number,
        lambda: _inheritance(store, errand),
    )


async def _inheritance(store: Store, errand: Errand) -> CustomerDefaults:
    if store.default_customer_id is None:
        return defaults(store, None, None)
    errand.configuration.lenders.add((errand.legal_entity, store.default_customer_id))
    lender = await load(errand.documents, errand.legal_entity, store.default_customer_id)
    group = lender.customer_group and await errand.configuration.find(
        errand.legal_entity, col.CUSTOMER_GROUPS, lender.customer_group
    )
    return defaults(store, lender, group or None)


async def _draft(new: NewCustomer, inherited: CustomerDefaults, errand: Errand) -> Customer:
    """Return the customer that was asked for, as far as it stands without a number."""
    await check_named(new, errand)
    customer = make_customer(
        new,
        inherited,
        Creation(
            id=new.id or errand.new_id(),
            legal_entity=errand.legal_entity,
            made_by=errand.fingerprint,
            actor=errand.actor,
            now=errand.now,
        ),
        contacts=await _contacts(new, inherited, errand),
        definitions=await definitions(errand),
    )
    if customer.customer_group == inherited.customer_group:
        return customer
    own = await dimensions(customer.customer_group, errand)
    return customer.model_copy(update={"financial_dimensions": own})


async def _contacts(new: NewCustomer, inherited: CustomerDefaults, errand: Errand) -> Contacts:
    if not new.contacts:
        return ()
    features = await errand.configuration.features(errand.legal_entity)
    return first_contacts(
        new.contacts,
        new.customer_type or inherited.customer_type,
        country=_phone_country(new, inherited),
        several=bool(features.get(FEATURE)),
        now=errand.decided_at,
    )


def _phone_country(new: NewCustomer, inherited: CustomerDefaults) -> str:
    """Return the country whose way of writing phones is meant: that of the primary address."""
    chosen = [one for one in new.addresses if one.primary] or new.addresses
    return (chosen[0].country if chosen else None) or inherited.country


async def _addresses(
    new: NewCustomer, customer: Customer, store: Store, errand: Errand
) -> list[Address]:
    default = default_purpose(customer.customer_type)
    named: list[col.Naming] = [
        (f"/addresses/{index}/purpose", col.ADDRESS_PURPOSES.name, address.purpose)
        for index, address in enumerate(new.addresses)
        if address.purpose not in {None, default}
    ]
    if named and (flaws := await errand.configuration.unknown(errand.legal_entity, named)):
        raise Invalid(flaws)
    ids = [f"{index + 1}" for index in range(len(new.addresses))]
    return first_addresses(
        new.addresses, ids, customer=customer, country=store.country, now=errand.now
    )


async def _makes_pending(store: Store, errand: Errand) -> bool:
    profile = store.functionality_profile and await errand.configuration.find(
        errand.legal_entity, col.PROFILES, store.functionality_profile
    )
    return bool(profile and profile.create_customers_asynchronously)


async def _as_far_as_allowed(
    new: NewCustomer, inherited: CustomerDefaults, errand: Errand
) -> CustomerDefaults:
    """Return what a customer inherits that is made asynchronously. Raises FeatureOff."""
    features = await errand.configuration.features(errand.legal_entity)
    check_asked(new, features)
    if features.get(ENHANCED):
        return inherited
    return inherited.model_copy(update={"affiliations": ()})


async def _account(customer: Customer, later: bool, errand: Errand) -> dict[str, Any]:
    """Return the account number, or that it comes later: also where none can be had now.

    A fallback is not asked for, so no switch stands in its way: a sale does not wait.
    """
    if not later:
        with suppress(Unavailable):
            return {"account_number": await account_number(customer, errand)}
    return {"sync_status": "PendingSync"}


async def account_number(customer: Customer, errand: Errand) -> str:
    """Take one from the group's own sequence, or from the company's.

    Raises Unavailable, Invalid, NumberSequenceNotFound, NumberSequenceExhausted.
    """
    company = errand.legal_entity
    group = customer.customer_group and await errand.configuration.find(
        company, col.CUSTOMER_GROUPS, customer.customer_group
    )
    code = group.account_number_sequence if group else None
    if code is None:
        code = (await errand.configuration.parameters(company)).customer_number_sequence
    if code is None:
        raise Invalid.at("", "no-number-sequence", "The company has no customer number sequence.")
    return await errand.numbers.take(company, code)


async def _commit(
    customer: Customer, body: dict[str, Any], addresses: list[Address], errand: Errand
) -> Customer:
    told = telling(None, customer, (address_change(None, one) for one in addresses), errand)
    operations = [
        Create(body),
        *(Create(address_document(address)) for address in addresses),
        *consents_of_edit(None, customer, errand),
        told,
        *at_first(customer, told, errand),
    ]
    try:
        etags = await errand.documents.commit("customers", errand.place(customer.id), operations)
    except AlreadyExists:
        return await _there(customer, errand) or customer
    made = customer.model_copy(update={"etag": etags[0]})
    await index_or_leave(errand.documents, made, UNLISTED)
    return made


async def _there(customer: Customer, errand: Errand) -> Customer | None:
    """Return what the same request made when it came before, or None; raise CustomerExists.

    Looking before a number is taken lets an import that comes again cost no numbers.
    """
    place = errand.place(customer.id)
    document = await errand.documents.read("customers", place, customer.id)
    if document is None:
        return None
    existing = customer_of(document)
    if errand.fingerprint is None or existing.made_by != errand.fingerprint:
        raise CustomerExists(
            f"There is a customer {customer.id} already.",
            customerId=existing.id,
            accountNumber=existing.account_number,
        )
    await index_or_leave(errand.documents, existing)
    return existing
