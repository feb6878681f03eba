"""Customers that were created or changed by a channel: as an associate in the store may."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from shared.core.errors import AlreadyExists, Invalid
from shared.customers.change import Decision
from shared.customers.creation.creation import create_customer
from shared.customers.customers import GUID, editing
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import Customer, CustomerEdit
from shared.customers.field_rules.setting import EMPLOYEE, check_may_set
from shared.customers.named_settings import check_named
from shared.customers.views import customer_view
from shared.offline.domain.reconciliation import MAPS, UNKNOWN_CHANGES, conflicts, flattened
from shared.offline.offline_change import OfflineChange


async def apply_creation(change: OfflineChange) -> int | None:
    """Create the customer under the GUID that the channel has given it."""
    operation = change.operation
    if not GUID.fullmatch(operation.customer_id):
        raise Invalid.at(
            "/customerId", "guid", "A customer created offline must be named by a GUID."
        )
    new = change.parse(NewCustomer, id=operation.customer_id, storeNumber=change.channel)
    if new.id != change.key:
        raise Invalid.at(
            "/body/id", "key-mismatch", "The id differs from the customerId of the operation."
        )
    await check_may_set(EMPLOYEE, new, change.context)
    created = await create_customer(new, context=change.context, allow_duplicate=True)
    with suppress(AlreadyExists):  # it was sent twice at once; there is one customer
        await change.commit()
    return created.customer.value.version


async def apply_patch(change: OfflineChange) -> int | None:
    """Change what the merge patch names, where no other writer has changed it since."""
    edit = change.parse(CustomerEdit)
    await check_may_set(EMPLOYEE, edit, change.context)
    await check_named(edit, change.context)
    given = edit.model_dump(mode="json", by_alias=True, exclude_unset=True)

    async def decide(customer: Customer) -> Decision:
        current = flattened(customer_view(customer, change.context.now))
        since = await change.since(customer)
        kept = change.settle(_emptied(given, current), customer, current, since)
        left = CustomerEdit.model_validate(_nested(kept, given))
        if not conflicts(kept, current, UNKNOWN_CHANGES):
            return Decision(customer)  # nothing differs
        return Decision(await editing(left, context=change.context)(customer))

    return await change.apply(decide)


def _emptied(given: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by path; a map that is taken away takes away each of its keys."""
    fields = dict(given)
    for name in MAPS:
        if name in fields and fields[name] is None:
            keys = [path for path in current if path.startswith(f"{name}/")]
            fields[name] = {path.partition("/")[2]: None for path in keys}
    return flattened(fields)


def _nested(kept: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by path as the body that they came from."""
    nested: dict[str, Any] = {}
    for path, value in kept.items():
        name, _, key = path.partition("/")
        if name in given and key:
            nested.setdefault(name, {})[key] = value
        else:
            nested[path] = value
    return nested
