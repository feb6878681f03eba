"""The ledger of a customer: listing and checking decisions."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from shared.consent import documents
from shared.consent.domain.consents import ConsentEntry, ConsentNotFound, answer
from shared.consent.domain.ledger import NOTHING_VERIFIED, Entry, Verification, verified
from shared.context import Context
from shared.core.evolve import evolve
from shared.customers.customers import read_customer
from shared.customers.domain.customer_record import LedgerHead
from shared.customers.domain.customers import Customer
from shared.ports.documents import Document

CONSENT: Final = documents.CONSENT  # the type of document by which the timeline tells a decision


class LedgerPage(NamedTuple):
    """Entries with the customer whose they are; `continuation` is None on the last page."""

    entries: list[Entry]
    customer: Customer
    continuation: str | None


def consent_of(document: Document, customer: Customer) -> ConsentEntry:
    """Return the decision that an entry of the timeline records, as a store sees it."""
    return answer(documents.entry_of(document), customer, "employee")


async def list_consents(
    key: str, *, limit: int, continuation: str | None, context: Context
) -> LedgerPage:
    """Return the next entries, newest first. One point read, one query. Raises CustomerNotFound."""
    customer = await read_customer(key, context=context)
    page = await documents.query_entries(
        key, limit=limit, continuation=continuation, context=context
    )
    return LedgerPage(page.entries, customer.value, page.continuation)


async def read_consent(key: str, sequence: int, *, context: Context) -> tuple[Entry, Customer]:
    """Return an entry. Two point reads. Raises CustomerNotFound, ConsentNotFound."""
    customer = await read_customer(key, context=context)
    entry = await documents.read_entry(key, sequence, context)
    if entry is None:
        raise ConsentNotFound(f"The ledger has no entry {sequence}.")
    return entry, customer.value


async def verify_consents(key: str, *, context: Context) -> Verification:
    """Compute the chain again. One query for each hundred entries. Raises CustomerNotFound.

    The last hash is compared with that in the customer, which is written in the same commits.
    """
    customer = (await read_customer(key, context=context)).value
    found, ledger = NOTHING_VERIFIED, customer.ledger
    async for entry in documents.all_entries(key, context):
        if ledger and found.entries == ledger.sequence:
            break  # what comes after was written since the customer was read
        if entry.core.sequence:  # others are not chained yet
            found = verified([entry], found)
    return compared(found, ledger)


def verification_of(entries: Sequence[Entry], customer: Customer) -> Verification:
    """Return whether these entries, in the order of the chain, are the customer's whole ledger."""
    known = entries[: customer.ledger.sequence] if customer.ledger else entries
    return compared(verified(known, NOTHING_VERIFIED), customer.ledger)


def compared(found: Verification, ledger: LedgerHead | None) -> Verification:
    """Return the verification, with the last hash held to that in the customer."""
    if ledger and found.valid and (ledger.sequence, ledger.head) != (found.entries, found.head):
        return evolve(found, valid=False, broken_at=min(found.entries, ledger.sequence) + 1)
    return found
