"""What was done offline to addresses."""

from shared.core.evolve import evolve
from shared.core.retry import ANY
from shared.customers import addresses
from shared.customers.change import Decision
from shared.customers.domain.addresses import AddressEdit, AddressId, NewAddress
from shared.customers.domain.customers import Customer
from shared.customers.named_settings import check_purpose
from shared.offline.apply import Offline
from shared.offline.domain.reconciliation import UNKNOWN, conflicts
from shared.offline.field_paths import given, under, with_primary, without, without_primary


class OfflineAddress(AddressEdit):
    """An address that was added, or with `addressId` a merge patch of one."""

    address_id: AddressId | None = None


async def address(offline: Offline) -> int | None:
    """Add an address, or change one where nobody else has."""
    edit = offline.parse(OfflineAddress)
    address_id = edit.address_id
    if address_id is None:
        return await _add_address(offline)
    body = given(edit, "addressId")
    await check_purpose(edit.purpose, offline.context)

    async def decide(customer: Customer) -> Decision:
        address = await addresses.load_address(customer.id, address_id, context=offline.context)
        prefix = f"addresses/{address_id}/"
        carried = customer.primary_address
        offered = with_primary(under(prefix, body), prefix, "primaryAddress", address_id)
        current = under(prefix, address.value.model_dump(mode="json", by_alias=True))
        current["primaryAddress"] = carried.id if carried else None
        kept = offline.settle(offered, customer, current, await offline.since(customer))
        kept = without_primary(kept, offered, prefix, "primaryAddress")
        if not conflicts(kept, current, UNKNOWN):
            return Decision(customer)
        left = AddressEdit.model_validate(without(prefix, kept))
        way = addresses.editing(address_id, left, if_match=ANY, context=offline.context)
        return await way(customer)

    return await offline.change(decide)


async def _add_address(offline: Offline) -> int | None:
    new = offline.parse(NewAddress)
    await check_purpose(new.purpose, offline.context)
    address_id = offline.context.new_id()

    async def decide(customer: Customer) -> Decision:
        chosen = new
        if new.primary:
            carried = customer.primary_address
            kept = offline.settle(
                {"primaryAddress": address_id},
                customer,
                {"primaryAddress": carried.id if carried else None},
                await offline.since(customer),
            )
            chosen = evolve(new, primary=bool(kept))
        return await addresses.adding(chosen, address_id, context=offline.context)(customer)

    return await offline.change(decide)
