"""What was done offline to addresses."""

from shared.core.evolve import evolve
from shared.core.retry import ANY
from shared.customers import addresses
from shared.customers.change import Decision
from shared.customers.domain.addresses import AddressEdit, AddressId, NewAddress
from shared.customers.domain.customers import Customer
from shared.customers.named_settings import check_purpose
from shared.offline.appliers.field_paths import given, under, with_primary, without, without_primary
from shared.offline.domain.reconciliation import UNKNOWN_CHANGES, conflicts
from shared.offline.offline_change import OfflineChange


class OfflineAddress(AddressEdit):
    """An address that was added, or with `addressId` a merge patch of one."""

    address_id: AddressId | None = None


async def apply_address(change: OfflineChange) -> int | None:
    """Add an address, or change one where no other writer has."""
    edit = change.parse(OfflineAddress)
    address_id = edit.address_id
    if address_id is None:
        return await _add_address(change)
    body = given(edit, "addressId")
    await check_purpose(edit.purpose, change.context)

    async def decide(customer: Customer) -> Decision:
        address = await addresses.load_address(customer.id, address_id, context=change.context)
        prefix = f"addresses/{address_id}/"
        primary = customer.primary_address
        offered = with_primary(under(prefix, body), prefix, "primaryAddress", address_id)
        current = under(prefix, address.value.model_dump(mode="json", by_alias=True))
        current["primaryAddress"] = primary.id if primary else None
        remaining = change.settle(offered, customer, current, await change.since(customer))
        remaining = without_primary(remaining, offered, prefix, "primaryAddress")
        if not conflicts(remaining, current, UNKNOWN_CHANGES):
            return Decision(customer)
        left = AddressEdit.model_validate(without(prefix, remaining))
        edit_address = addresses.editing(address_id, left, if_match=ANY, context=change.context)
        return await edit_address(customer)

    return await change.apply(decide)


async def _add_address(change: OfflineChange) -> int | None:
    new = change.parse(NewAddress)
    await check_purpose(new.purpose, change.context)
    address_id = change.context.new_id()

    async def decide(customer: Customer) -> Decision:
        addition = new
        if new.primary:
            primary = customer.primary_address
            remaining = change.settle(
                {"primaryAddress": address_id},
                customer,
                {"primaryAddress": primary.id if primary else None},
                await change.since(customer),
            )
            addition = evolve(new, primary=bool(remaining))
        return await addresses.adding(addition, address_id, context=change.context)(customer)

    return await change.apply(decide)
