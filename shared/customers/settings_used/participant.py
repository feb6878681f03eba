"""What a customer names is noted as used before the customer is committed."""

from collections.abc import Sequence
from typing import Final

from shared.configuration.domain import collections as col
from shared.configuration.domain.collections import Use
from shared.configuration.uses.documents import remove_use
from shared.configuration.uses.noting import Named, note_uses
from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.errors import Flaw, Invalid
from shared.core.versioned import Versioned
from shared.customers.creation.inheritance import inheritance
from shared.customers.domain.addresses import default_purpose
from shared.customers.domain.customers import Customer
from shared.customers.participants import Change, Joined
from shared.customers.settings_used.names import named_by, purposes_in

AT_ONCE: Final = 8


class SettingsUsed:
    """Notes which settings a customer names newly, and what is named no more.

    Refuses what is not active any more, but where the store or the type of customer lends it: a
    sale does not wait until head office has edited the default customer.
    """

    name = "settings used"

    async def join(self, change: Change, context: Context) -> Joined:
        """Note the new uses. Raises Invalid, Unavailable."""
        before = {named.use for named in _before(change)}
        named = [*named_by(change.after), *purposes_in(change.parts)]
        new = list({one.use: one for one in named if one.use not in before}.values())
        await _check_active(new, change.after, context)
        await note_uses(change.after.id, new, context)
        return Joined(change.after)

    async def after(self, customer: Versioned[Customer], change: Change, context: Context) -> None:
        """Forget what the record names no more; addresses keep their purposes when they end."""
        named = {one.use for one in named_by(customer.value)}
        gone = {one.use for one in _before(change)} - named

        async def forget(use: Use) -> None:
            await remove_use(customer.value.id, use, context)

        await side_by_side(sorted(gone), forget, at_once=AT_ONCE)


def _before(change: Change) -> list[Named]:
    return list(named_by(change.before.value if change.before else None))


async def _check_active(new: Sequence[Named], customer: Customer, context: Context) -> None:
    """Raise Invalid with a flaw for each setting that is named newly and retired."""
    retired = [named for named in new if await _is_retired(named.use, context)]
    if not retired:
        return
    lent = await _lent(customer, context)
    flaws = [
        Flaw(pointer, f"{col.noun(use.collection)}-inactive", f"{use} is no longer in use.")
        for use, pointer in retired
        if use not in lent
    ]
    if flaws:
        raise Invalid(flaws)


async def _is_retired(use: Use, context: Context) -> bool:
    collection = col.collection(use.collection)
    setting = await context.configuration.find(context.legal_entity, collection, use.key)
    return getattr(setting, "active", True) is False


async def _lent(customer: Customer, context: Context) -> set[Use]:
    """Return what a customer of this store and type has without asking for it."""
    purpose = Use(col.ADDRESS_PURPOSES.name, default_purpose(customer.customer_type))
    store = await context.configuration.find(
        context.legal_entity, col.STORES, customer.store_number
    )
    if store is None:
        return {purpose}
    inherited = await inheritance(store, context=context)
    lent = [
        *col.naming("", col.CUSTOMER_GROUPS.name, inherited.customer_group),
        *col.namings("", col.AFFILIATIONS.name, inherited.affiliations),
        *col.namings("", col.ADDRESS_BOOKS.name, inherited.address_books),
    ]
    return {purpose, *(Use(collection, key) for _, collection, key in lent)}
