"""Requesting an erasure, reading how far it has come, and canceling it."""

from datetime import timedelta

from shared.configuration.setting_checks import used_by
from shared.consent.holding_points import hold_points
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.retry import ANY, check_version
from shared.core.versioned import Versioned
from shared.customers.change import Decision, change
from shared.customers.customers import read_customer
from shared.customers.domain.customers import EVERYWHERE, Customer
from shared.privacy import documents
from shared.privacy.domain.erasures import (
    Blocker,
    Erasure,
    ErasureNotFound,
    ErasureStarted,
    NewErasure,
    check_blockers,
    requested,
)
from shared.privacy.holds import holds_at


async def request_erasure(key: str, new: NewErasure, *, context: Context) -> Versioned[Erasure]:
    """Request it; asked again, the same is answered, unless it was canceled.

    From now on nothing may be sent to the contact points. Raises CustomerNotFound, ErasureBlocked.
    """
    parameters = await context.configuration.parameters(context.legal_entity)
    days = 0 if new.immediately else parameters.erasure_cancel_days
    due_at = context.now + timedelta(days=days)
    erasure = requested(key, new, now=context.now, due_at=due_at, actor=context.actor)

    async def decide(customer: Customer) -> Decision:
        stored = await documents.find_erasure(key, context)
        if stored and stored.value.state != "Canceled":
            return Decision(customer)
        check_blockers(await blockers_of(customer, context))
        # The timer is told first: what it is told in vain it forgets.
        await documents.note_due(key, due_at, context)
        write = documents.write_erasure(erasure, stored.etag if stored else None)
        after = evolve(
            customer,
            erasure_requested=True,
            modified_at=context.now,
            modified_by=context.actor,
        )
        return Decision(after, [write], kind="customer.erasure-requested")

    customer = await change(
        key, decide, if_match=ANY, context=context, feature=None, passes=EVERYWHERE
    )
    if customer.value.status != "Erased":
        await hold_points(customer.value, context)
    return await read_erasure(key, context=context)


async def read_erasure(key: str, *, context: Context) -> Versioned[Erasure]:
    """Return it. Two point reads. Raises CustomerNotFound, ErasureNotFound."""
    erasure = await documents.find_erasure(key, context)
    if erasure is None:
        await read_customer(key, context=context)
        raise ErasureNotFound("The customer was never to be erased.")
    return erasure


async def cancel_erasure(key: str, *, if_match: str, context: Context) -> None:
    """Cancel it, as if it had never been requested.

    Raises CustomerNotFound, ErasureNotFound, ErasureStarted, Stale.
    """

    async def decide(customer: Customer) -> Decision:
        stored = await read_erasure(key, context=context)
        check_version(stored.etag, if_match)
        if stored.value.state == "Canceled":
            raise ErasureNotFound("The erasure was canceled.")
        if stored.value.state != "Requested":
            raise ErasureStarted("The erasure has begun.")
        canceled = evolve(stored.value, state="Canceled", blockers=())
        after = evolve(
            customer,
            erasure_requested=False,
            modified_at=context.now,
            modified_by=context.actor,
        )
        write = documents.write_erasure(canceled, stored.etag)
        return Decision(after, [write], kind="customer.erasure-canceled")

    customer = await change(
        key, decide, if_match=ANY, context=context, feature=None, passes=EVERYWHERE
    )
    await hold_points(customer.value, context)
    await documents.forget_due(key, context)


async def blockers_of(customer: Customer, context: Context) -> list[Blocker]:
    """Return what keeps the data of the customer. Two queries."""
    blockers = [
        Blocker(code="hold", detail=hold.value.name, until=hold.value.until)
        for hold in await holds_at(customer.id, context.now, context)
    ]
    stores = await used_by("customers", customer.id, context=context)
    if stores:
        blockers.append(Blocker(code="default-customer", detail=", ".join(map(str, stores))))
    if customer.sync_status == "PendingSync":
        blockers.append(Blocker(code="pending-sync", detail="The account number is not there yet."))
    return blockers
