"""The first step of an erasure: the record is emptied, and what was in it noted until the last."""

from shared.clienteling.holdings import books_ever
from shared.consent.suppressing import named_points, points_of
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.retry import ANY
from shared.customers.change import Decision, change
from shared.customers.customers import all_events
from shared.customers.directory.entries import refs_kept, refs_of
from shared.customers.domain.customers import EVERYWHERE, Customer
from shared.customers.holdings.former import former_versions, names_of_external_ids
from shared.customers.holdings.noted import Noted
from shared.privacy import documents


async def freeze(key: str, *, context: Context) -> None:
    """Note where the data is and empty the record, in one commit; a second time changes nothing.

    A writer that comes later finds nothing to copy. Raises Unavailable.
    """
    await documents.note_erased(key, context.now, context)

    async def decide(customer: Customer) -> Decision:
        stored = await documents.find_erasure(key, context)
        if stored is None or stored.value.state != "Requested":
            return Decision(customer)
        noted = await note_of(customer, context)
        begun = stored.value.begun(noted, context.now)
        return Decision(
            customer.stub(context.actor, context.now),
            [documents.write_erasure(begun, stored.etag)],
            kind="customer.erased",
        )

    await change(key, decide, if_match=ANY, context=context, feature=None, passes=EVERYWHERE)


async def note_now(customer: Customer, context: Context) -> Noted:
    """Return where the data of the customer is now; former versions are left out."""
    return Noted(
        customer_id=customer.id,
        account_number=customer.account_number,
        created_at=customer.created_at,
        books=await books_ever(customer.id, context),
        external_ids=tuple(sorted(names_of_external_ids(customer, context))),
        points=tuple(sorted(set(points_of(customer, context)), key=str)),
    )


async def note_of(customer: Customer, context: Context) -> Noted:
    """Return where the data of the customer is, with what events say of former versions.

    Writers that crashed may have left entries of those, which nothing else names.
    """
    versions = [customer]
    events = [event async for event in all_events(customer.id, context=context)]
    versions += former_versions(customer, [event["event"] for event in events])
    points = {point for version in versions for point in points_of(version, context)}
    points |= {point for event in events for point in named_points(event, context)}
    refs = {ref for version in versions for ref in refs_of(version)}
    refs |= await refs_kept(customer, context)
    external_ids = {
        name for version in versions for name in names_of_external_ids(version, context)
    }
    return evolve(
        await note_now(customer, context),
        external_ids=tuple(sorted(external_ids)),
        points=tuple(sorted(points, key=str)),
        refs=tuple(sorted(refs)),
    )
