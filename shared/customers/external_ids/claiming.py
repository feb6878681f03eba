"""Claiming external ids, so that no two customers of a company ever have one in common.

Whoever writes a customer reads the fence of the customer first, claims the new external ids then,
and commits last; the commit fails if the fence is another one by then. Whoever needs an id that is
claimed for a customer who does not have it puts the fence of that customer, looks at the record
again, and only then takes over exactly the claim that it has read. So a crash between two writes
leaves a claim that the next one takes over, and a writer that is late finds the claim lost.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.errors import Conflict, Stale
from shared.core.retry import until_not_stale
from shared.customers import documents as customers
from shared.customers.domain.customers import Customer
from shared.customers.external_ids import documents
from shared.customers.external_ids.documents import Claim, ExternalId
from shared.ports.documents import Operation

AT_WORK: Final = timedelta(seconds=3)  # so long a claim may be ahead of the customer's record
AT_ONCE: Final = 8


class ExternalIdTaken(Conflict):
    """`externalId` is that of another customer of the company, `customerId`."""

    code = "external-id-taken"


def external_ids_of(customer: Customer | None) -> frozenset[ExternalId]:
    given = customer.external_ids if customer else {}
    return frozenset(ExternalId(system, value) for system, value in given.items())


async def check_free(customer: Customer, context: Context) -> None:
    """Raise ExternalIdTaken if another customer has one of them; one point read for each."""

    async def check(external_id: ExternalId) -> None:
        claim = await documents.find_claim(external_id.name(context), context)
        if claim and claim.customer_id != customer.id:
            await _check_not_had(claim.customer_id, external_id, context)

    await side_by_side(_sorted(external_ids_of(customer)), check, at_once=AT_ONCE)


async def claim_all(
    key: str, external_ids: Iterable[ExternalId], context: Context
) -> Sequence[Operation]:
    """Claim the external ids for a customer; return what its commit has to write with them.

    Two point reads and a write for each. Raises ExternalIdTaken, Unavailable.
    """
    operations = await documents.passing(key, context)
    claim = partial(_claim, key, context=context)
    await side_by_side(_sorted(external_ids), claim, at_once=AT_ONCE)
    return operations


async def release_all(key: str, external_ids: Iterable[ExternalId], context: Context) -> None:
    """Give back what the customer has no more. Raises Stale, Unavailable: others take it over."""
    release = partial(_release, key, context=context)
    await side_by_side(_sorted(external_ids), release, at_once=AT_ONCE)


async def _claim(key: str, external_id: ExternalId, *, context: Context) -> None:
    name = external_id.name(context)

    async def attempt() -> None:
        claim = await documents.find_claim(name, context)
        if claim and claim.customer_id != key:
            await _check_lost(claim, external_id, context)
        await documents.write_claim(name, key, claim, context)

    await until_not_stale(attempt)


async def _check_lost(claim: Claim, external_id: ExternalId, context: Context) -> None:
    """See to it that the customer of the claim does not get the external id any more.

    Raises ExternalIdTaken, and Stale while its writer may be at work.
    """
    await _check_not_had(claim.customer_id, external_id, context)
    if claim.claimed_at + AT_WORK > datetime.now(UTC):
        raise Stale(f"{external_id} is being given to a customer at this moment.")
    await documents.put_fence(claim.customer_id, context)
    await _check_not_had(claim.customer_id, external_id, context)


async def _check_not_had(key: str, external_id: ExternalId, context: Context) -> None:
    holder = await customers.find_newest(key, context)
    if external_id in external_ids_of(holder):
        raise ExternalIdTaken(
            f"{external_id} is the external id of another customer.",
            externalId=str(external_id),
            customerId=key,
        )


async def _release(key: str, external_id: ExternalId, *, context: Context) -> None:
    name = external_id.name(context)
    claim = await documents.find_claim(name, context)
    if claim is None or claim.customer_id != key:
        return
    await documents.put_fence(key, context)
    if external_id not in external_ids_of(await customers.find_newest(key, context)):
        await documents.remove_claim(name, claim, context)


def _sorted(external_ids: Iterable[ExternalId]) -> list[ExternalId]:
    return sorted(external_ids, key=str)
