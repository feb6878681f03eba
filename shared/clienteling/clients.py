"""The clients of a book: added, edited, moved and removed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from shared.clienteling.cards.projection import try_project_cards
from shared.clienteling.domain.client_books import (
    ClientEdit,
    ClientResult,
    Holder,
    Membership,
    pair_etag,
)
from shared.clienteling.memberships import change_membership
from shared.configuration.domain.attributes import Definitions, check_patch, listed
from shared.configuration.workers import find_worker
from shared.context import Context
from shared.core.errors import Refusal, Stale, Unavailable, VersionMismatch
from shared.core.retry import ANY
from shared.core.values import Attributes
from shared.customers.customers import resolve
from shared.customers.field_rules.setting import check_client_attributes
from shared.ports.documents import Operation

MAX_AT_ONCE = 16
ClientOutcome = Literal["Added", "AlreadyThere", "Moved"]


async def add_clients(
    personnel_number: str, customer_ids: Sequence[str], *, context: Context
) -> list[ClientResult]:
    """Add each customer to the book, side by side, and return the result for each."""

    async def add(key: str, _: str) -> ClientOutcome:
        return await add_client(personnel_number, key, context=context)

    return await side_by_side(customer_ids, add, context=context)


async def add_single_client(
    personnel_number: str, customer_id: str, *, context: Context
) -> ClientResult:
    """Add one customer, named by GUID or account number. Raises as `add_client`."""
    key = await resolve(customer_id, context=context)
    try:
        outcome = await add_client(personnel_number, key, context=context)
    except Refusal as exc:
        if holder := await _named_holder(exc, context):
            exc.facts["holder"] = holder
        raise
    return ClientResult(customer_id=customer_id, status=outcome)


async def add_client(personnel_number: str, key: str, *, context: Context) -> ClientOutcome:
    """Add one customer to the book; a client of the book stays as they are.

    Raises CustomerNotFound, CustomerInactive, and ClientInAnotherBook unless the company allows
    several associates.
    """
    parameters = await context.configuration.parameters(context.legal_entity)
    new = Holder(personnel_number=personnel_number, added_at=context.now, added_by=context.actor)
    already_there = False

    def decide(membership: Membership) -> Membership:
        nonlocal already_there
        already_there = membership.of(personnel_number) is not None
        several = parameters.allow_several_associates
        return membership if already_there else membership.added(new, several=several)

    await change_clients(key, decide, context=context, active_only=True)
    return "AlreadyThere" if already_there else "Added"


async def change_clients(
    key: str,
    decide: Callable[[Membership], Membership],
    *,
    context: Context,
    active_only: bool = False,
    beside: Sequence[Operation] | None = None,
) -> None:
    """Change in whose books the customer is, and the cards. Raises as `change_membership`."""
    state = await change_membership(
        key, decide, context=context, active_only=active_only, beside=beside
    )
    await try_project_cards(key, context=context, state=state)


async def side_by_side(
    customer_ids: Sequence[str],
    act: Callable[[str, str], Awaitable[ClientOutcome]],
    *,
    context: Context,
) -> list[ClientResult]:
    """Act on each customer, some at a time, and return a result for each, in their order.

    `act` is called with the GUID, and with the id that the caller named. A refusal is the result
    of its client; Unavailable and Stale are raised.
    """
    gate = asyncio.Semaphore(MAX_AT_ONCE)

    async def act_on(customer_id: str) -> ClientResult:
        async with gate:
            try:
                key = await resolve(customer_id, context=context)
                outcome = await act(key, customer_id)
            except (Unavailable, Stale):
                raise
            except Refusal as exc:
                return await _refused(customer_id, exc, context)
            return ClientResult(customer_id=customer_id, status=outcome)

    unique_ids = dict.fromkeys(customer_ids)
    return list(await asyncio.gather(*(act_on(customer_id) for customer_id in unique_ids)))


async def _refused(customer_id: str, refusal: Refusal, context: Context) -> ClientResult:
    return ClientResult(
        customer_id=customer_id,
        status="Refused",
        code=refusal.code,
        detail=refusal.detail,
        holder=await _named_holder(refusal, context),
    )


async def _named_holder(refusal: Refusal, context: Context) -> dict[str, str] | None:
    """Return the associate that the refusal names, with the name of the worker."""
    holder: dict[str, str] | None = refusal.facts.get("holder")
    if holder and (worker := await find_worker(holder["personnelNumber"], context)):
        return holder | {"name": worker.name}
    return holder


async def remove_client(
    personnel_number: str, key: str, *, if_match: str, context: Context
) -> None:
    """Remove the customer from the book. Raises ClientNotInBook, VersionMismatch."""

    def decide(membership: Membership) -> Membership:
        _check_pair(membership.must_be_of(personnel_number), if_match)
        return membership.removed(personnel_number)

    await change_clients(key, decide, context=context)


async def edit_client(
    personnel_number: str, key: str, edit: ClientEdit, *, if_match: str, context: Context
) -> None:
    """Merge what the associate knows of the client.

    Raises ClientNotInBook, VersionMismatch, Invalid.
    """
    definitions = await _definitions(context)
    check_patch(edit.attributes, definitions)

    def decide(membership: Membership) -> Membership:
        pair = membership.must_be_of(personnel_number)
        _check_pair(pair, if_match)
        attributes = listed(_merged(pair.attributes, edit.attributes), definitions)
        return membership.knowing(personnel_number, attributes)

    await change_clients(key, decide, context=context, beside=())


async def check_may_edit(role: str, edit: ClientEdit, context: Context) -> None:
    """Refuse attributes that the role may not set. Raises FieldNotAllowed."""
    await check_client_attributes(role, edit.attributes, await _definitions(context), context)


async def _definitions(context: Context) -> Definitions:
    parameters = await context.configuration.parameters(context.legal_entity)
    return await context.configuration.definitions(
        context.legal_entity, parameters.client_book_attribute_group
    )


async def move_client(
    personnel_number: str, key: str, to: str, *, context: Context, moved_by: str | None = None
) -> None:
    """Move one client to another book. Raises ClientNotInBook, CustomerNotFound."""
    new = Holder(
        personnel_number=to, added_at=context.now, added_by=context.actor, moved_by=moved_by
    )
    await change_clients(
        key, lambda membership: membership.moved(personnel_number, new), context=context
    )


def _check_pair(pair: Holder, if_match: str) -> None:
    if if_match.partition(".")[0] not in {ANY, pair_etag(pair.version)}:
        raise VersionMismatch("The client was changed since you read the card; read it again.")


def _merged(attributes: Attributes, patch: Attributes) -> Attributes:
    return {name: value for name, value in (attributes | patch).items() if value is not None}
