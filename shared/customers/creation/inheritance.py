"""What a new customer inherits from the default customer of its store."""

from shared.configuration.domain import collections as col
from shared.configuration.domain.stores import Store
from shared.context import Context
from shared.core.evolve import evolve
from shared.customers import documents
from shared.customers.domain.creation import CustomerDefaults, NewCustomer, defaults
from shared.customers.domain.pending_rules import ENHANCED, check_creation


async def customer_defaults(store_number: str, *, context: Context) -> CustomerDefaults:
    """Return what a new customer of the store would inherit. Raises Invalid."""
    store = await context.configuration.store(context.legal_entity, store_number, "/store")
    return await inheritance(store, context=context)


async def inheritance(store: Store, *, context: Context) -> CustomerDefaults:
    """Return what the store passes on. The default customer is remembered like a setting."""
    return await context.configuration.derived(
        context.legal_entity,
        "inheritance",
        store.store_number,
        lambda: _inheritance(store, context),
        customer=store.default_customer_id,
    )


async def _inheritance(store: Store, context: Context) -> CustomerDefaults:
    if store.default_customer_id is None:
        return defaults(store, None, None)
    default_customer = (await documents.load(store.default_customer_id, context)).value
    group = default_customer.customer_group and await context.configuration.find(
        context.legal_entity, col.CUSTOMER_GROUPS, default_customer.customer_group
    )
    return defaults(store, default_customer, group or None)


async def creates_pending(store: Store, context: Context) -> bool:
    """Return whether the store creates its customers asynchronously."""
    profile = store.functionality_profile and await context.configuration.find(
        context.legal_entity, col.PROFILES, store.functionality_profile
    )
    return bool(profile and profile.create_customers_asynchronously)


async def restricted(
    new: NewCustomer, inherited: CustomerDefaults, context: Context
) -> CustomerDefaults:
    """Return what a customer inherits that is created asynchronously. Raises FeatureOff."""
    features = await context.configuration.features(context.legal_entity)
    check_creation(new, features)
    return inherited if features.get(ENHANCED) else evolve(inherited, affiliations=())
