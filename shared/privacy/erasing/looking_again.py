"""The end of an erasure: the certificate, and what is found out after it."""

from shared.context import Context
from shared.core.evolve import evolve
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.customers.customers import read_customer
from shared.customers.holdings.noted import Noted
from shared.privacy import documents
from shared.privacy.domain.certificates import certificate_of, with_applied, with_removed_later
from shared.privacy.domain.erasures import Erasure
from shared.privacy.erasing.emptying import Holdings, copies_of, empty
from shared.privacy.erasing.requesting import read_erasure


async def complete(stored: Versioned[Erasure], holdings: Holdings, context: Context) -> None:
    erasure, now = stored.value, context.now
    customer = (await read_customer(erasure.customer_id, context=context)).value
    head = customer.ledger.head if customer.ledger else ""
    copies = copies_of(holdings)
    leaving = {copies.what: copies.gone_within} if copies else {}
    completed = evolve(
        erasure,
        state="Completed",
        reason=None,
        noted=None,
        certificate=certificate_of(erasure, head, leaving, now),
    )
    await _note_due(completed, context)
    await documents.commit_erasure(stored, completed, context)


async def look_again(stored: Versioned[Erasure], holdings: Holdings, context: Context) -> bool:
    """Do what is due after completion; return whether anything was.

    Ten minutes and a day afterwards what late writers have left is removed; and the channels are
    looked at that have not applied the erasure yet, at intervals that grow, for 28 days.
    """
    erasure = stored.value
    if erasure.again_at is None:
        await documents.forget_due(erasure.customer_id, context)
        return False
    if erasure.again_at > context.now:
        return False
    if erasure.check_due_at and erasure.check_due_at <= context.now:
        erasure = await _without_late(erasure, holdings, context)
    if erasure.look_due_at and erasure.look_due_at <= context.now:
        erasure = await _with_applied(erasure, holdings, context)
        while erasure.look_due_at and erasure.look_due_at <= context.now:
            erasure = evolve(erasure, looks=erasure.looks + 1)
    await _note_due(erasure, context)
    await documents.commit_erasure(stored, erasure, context)
    return True


async def read_newest(key: str, *, holdings: Holdings, context: Context) -> Versioned[Erasure]:
    """Return an erasure, with what channels have applied by now; what is new is kept.

    Two point reads, and one for each channel that is not known to have applied it. Raises
    CustomerNotFound, ErasureNotFound.
    """

    async def attempt() -> Versioned[Erasure]:
        stored = await read_erasure(key, context=context)
        newest = await _with_applied(stored.value, holdings, context)
        if newest is stored.value:
            return stored
        return await documents.commit_erasure(stored, newest, context)

    return await until_not_stale(attempt)


async def _with_applied(erasure: Erasure, holdings: Holdings, context: Context) -> Erasure:
    """Return it with the channels that have applied it since; the same where there are none."""
    certificate, tombstone, copies = erasure.certificate, erasure.tombstone, copies_of(holdings)
    if certificate is None or tombstone is None or copies is None:
        return erasure
    applied = await copies.passed(tombstone, erasure.open_channels, context)
    if not applied:
        return erasure
    return evolve(erasure, certificate=with_applied(certificate, applied))


async def _without_late(erasure: Erasure, holdings: Holdings, context: Context) -> Erasure:
    """Remove what writers have left that were late, and count it."""
    noted = await minimal_note(erasure.customer_id, context)
    left = await empty([one for one in holdings if one.step != "freeze"], noted, context)
    certificate = erasure.certificate
    if certificate and left:
        certificate = with_removed_later(certificate, left)
    return evolve(erasure, checks=erasure.checks - 1, certificate=certificate)


async def _note_due(erasure: Erasure, context: Context) -> None:
    if erasure.again_at:
        await documents.note_due(erasure.customer_id, erasure.again_at, context)


async def minimal_note(key: str, context: Context) -> Noted:
    """Return what is known of a customer who was erased: enough to find what came late."""
    customer = (await read_customer(key, context=context)).value
    return Noted(
        customer_id=key, account_number=customer.account_number, created_at=customer.created_at
    )
