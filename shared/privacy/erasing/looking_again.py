"""The end of an erasure: the certificate, and what writers have left that were late."""

from datetime import timedelta
from typing import Final

from shared.context import Context
from shared.core.evolve import evolve
from shared.core.versioned import Versioned
from shared.customers.customers import read_customer
from shared.customers.holdings.noted import Noted
from shared.privacy import documents
from shared.privacy.domain.certificates import certificate_of, with_removed_later
from shared.privacy.domain.erasures import Erasure
from shared.privacy.erasing.emptying import Holdings, empty

LOOK_AGAIN: Final = (timedelta(minutes=10), timedelta(days=1))


async def complete(stored: Versioned[Erasure], context: Context) -> None:
    erasure = stored.value
    customer = (await read_customer(erasure.customer_id, context=context)).value
    head = customer.ledger.head if customer.ledger else ""
    await documents.note_due(erasure.customer_id, context.now + LOOK_AGAIN[0], context)
    completed = evolve(
        erasure,
        state="Completed",
        reason=None,
        noted=None,
        checks=len(LOOK_AGAIN),
        certificate=certificate_of(erasure, head, context.now),
    )
    await commit_erasure(stored, completed, context)


async def look_again(stored: Versioned[Erasure], holdings: Holdings, context: Context) -> bool:
    """Remove what writers have left that were late, ten minutes and a day afterwards."""
    erasure, certificate = stored.value, stored.value.certificate
    if not erasure.checks or certificate is None:
        await documents.forget_due(erasure.customer_id, context)
        return False
    due_at = certificate.completed_at + LOOK_AGAIN[len(LOOK_AGAIN) - erasure.checks]
    if due_at > context.now:
        return False
    noted = await minimal_note(erasure.customer_id, context)
    left = await empty([one for one in holdings if one.step != "freeze"], noted, context)
    checked = evolve(
        erasure,
        checks=erasure.checks - 1,
        certificate=with_removed_later(certificate, left) if left else certificate,
    )
    if checked.checks:
        again = certificate.completed_at + LOOK_AGAIN[-1]
        await documents.note_due(erasure.customer_id, again, context)
    await commit_erasure(stored, checked, context)
    return True


async def minimal_note(key: str, context: Context) -> Noted:
    """Return what is known of a customer who was erased: enough to find what came late."""
    customer = (await read_customer(key, context=context)).value
    return Noted(
        customer_id=key, account_number=customer.account_number, created_at=customer.created_at
    )


async def commit_erasure(stored: Versioned[Erasure], erasure: Erasure, context: Context) -> None:
    write = documents.write_erasure(erasure, stored.etag)
    await documents.commit(erasure.customer_id, [write], context)
