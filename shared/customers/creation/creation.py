"""Creating customers."""

from contextlib import suppress
from dataclasses import dataclass

from shared.context import Context
from shared.core.errors import AlreadyExists, Unavailable
from shared.core.versioned import Versioned
from shared.customers.commit import commit
from shared.customers.creation.checking import check_draft
from shared.customers.creation.draft import Draft, draft_customer
from shared.customers.creation.inheritance import creates_pending, inheritance, restricted
from shared.customers.creation.numbering import take_account_number
from shared.customers.creation.repeated import existing_customer
from shared.customers.domain import creation as cr
from shared.customers.domain.customers import Customer


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
    be had now.

    Raises Invalid, CustomerExists, ExternalIdTaken, PossibleDuplicate, FeatureOff,
    TooManyAddresses, and what the rules of contact points and of consent raise.
    """
    store = await context.configuration.store(
        context.legal_entity, new.store_number, "/storeNumber"
    )
    inherited = await inheritance(store, context=context)
    pending = asynchronously or await creates_pending(store, context)
    if pending:
        inherited = await restricted(new, inherited, context)
    draft = await draft_customer(new, inherited, context)
    customer = draft.customer
    if (new.id or context.fingerprint) and (existing := await existing_customer(customer, context)):
        return Created(existing, inherited)
    candidates = await check_draft(draft, allow_duplicate=allow_duplicate, context=context)
    number = None if pending else await _account_number(customer, context)
    created = await _commit(draft.numbered(number), context)
    return Created(created, inherited, candidates)


async def _account_number(customer: Customer, context: Context) -> str | None:
    """Return the account number; None where none can be had now, and it follows later.

    No one requests this fallback, so it needs no feature: a sale does not wait.
    """
    with suppress(Unavailable):
        return await take_account_number(customer, context)
    return None


async def _commit(draft: Draft, context: Context) -> Versioned[Customer]:
    try:
        return await commit(draft.change(), context)
    except AlreadyExists:
        existing = await existing_customer(draft.customer, context)
        if existing is None:
            raise Unavailable("The customer was created at this moment; try again.") from None
        return existing
