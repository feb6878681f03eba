"""The ledger of a customer: decisions in the order they were recorded, chained by their hashes.

What is hashed is `core`; the person is in `personal`, to which `commitment` binds the entry. When
the personal part goes, salt included, the chain can still be checked, and nobody can guess an
address from the commitment.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal

from pydantic import Field

from shared.core.canonical import canonical
from shared.core.values import Record, in_milliseconds
from shared.customers.domain.customer_record import LedgerHead
from shared.customers.domain.decisions import Channel, Decision, LedgerSource, LegalBasis

Outcome = Literal["InForce", "Superseded", "NotInForce", "Pending", "Merged"]
BEGINNING: Final = "0" * 64
EMPTY: Final = LedgerHead.model_construct(sequence=0, head=BEGINNING)


class Core(Record):
    """What of an entry is hashed: these members and no other. Times are texts, as hashed."""

    version: Literal[1] = Field(1, description="Version of what is hashed")
    customer_id: str = Field(description="GUID of the customer in whose ledger it is")
    legal_entity: str = Field(description="Company of the customer", examples=["USRT"])
    sequence: int = Field(description="Number of the entry, from 1 without gaps", examples=[1])
    previous: str = Field(description="Hash of the entry before; zeros for the first")
    kind: str = Field(description="Kind of the contact point, or `customer`", examples=["email"])
    purpose: str = Field(description="What the decision is about", examples=["Marketing"])
    channel: Channel | None = Field(description="Its channel; null for all of the kind")
    decision: Decision | None = Field(description="The decision", examples=["OptedIn"])
    outcome: Outcome = Field(description="What became of it when it was recorded")
    source: LedgerSource | None = Field(description="Where the decision was taken")
    legal_basis: LegalBasis | None = Field(description="Legal basis of the purpose at that time")
    text_version: str | None = Field(description="Version of the text that was shown")
    locale: str | None = Field(description="Language of the text that was shown")
    decided_at: str = Field(description="When it was taken", examples=["2026-11-28T09:30:00.000Z"])
    recorded_at: str = Field(
        description="When it was recorded", examples=["2026-11-28T09:30:00.000Z"]
    )
    valid_until: str | None = Field(description="When an opt-in ends; null if it has no end")
    confirms: int | None = Field(description="Number of the entry that this one confirms")
    inherited: bool = Field(description="Whether it came from another holder of the contact point")
    commitment: str = Field(description="SHA-256 of the personal part, as hexadecimal digits")


class Personal(Record):
    """The part of an entry that is erased with the customer."""

    salt: str = Field(description="Random digits, without which the commitment tells nothing")
    contact_id: str | None = Field(description="Id of the contact point", examples=["1"])
    value: str | None = Field(
        description="E-mail or phone at that time", examples=["karen@example.com"]
    )
    captured_by: str | None = Field(description="Who recorded the decision", examples=["000160"])
    reference: str | None = Field(description="Reference to a proof")
    recorded_by: str | None = Field(
        description="Who recorded it: a role and who it was", examples=["employee:000160"]
    )
    origin: str | None = Field(
        description="GUID of the customer who decided, of an inherited entry; not for stores"
    )


class Entry(Record):
    """An entry as stored. `made_by` is the fingerprint of the request that made it, if any."""

    core: Core
    personal: Personal | None
    hash: str
    made_by: str | None = None

    @property
    def head(self) -> LedgerHead:
        return LedgerHead(sequence=self.core.sequence, head=self.hash)


class Verification(Record):
    """Whether the chain of a customer's ledger is as it was written."""

    valid: bool = Field(description="Whether every entry follows from the one before")
    entries: int = Field(description="Number of entries", examples=[3])
    head: str = Field(description="Hash of the last entry")
    broken_at: int | None = Field(description="Number of the first entry that does not follow")
    redacted: int = Field(description="Number of entries whose personal part was erased")


def digest(record: Record) -> str:
    return sha256(canonical(record.model_dump(mode="json", by_alias=True))).hexdigest()


def whole_milliseconds(time: datetime) -> datetime:
    """Cut the time to what the ledger keeps of it."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def as_hashed(time: datetime | None) -> str | None:
    """Return the time as it is written in what is hashed."""
    return None if time is None else in_milliseconds(time)


# What of an entry its place in the chain decides.
BY_THE_CHAIN: Final = {"version", "sequence", "previous", "commitment"}


def chained(
    head: LedgerHead, personal: Personal | None, *, made_by: str | None = None, **said: Any
) -> Entry:
    """Return the next entry of the chain; `said` are the other members of its core."""
    core = Core(
        sequence=head.sequence + 1,
        previous=head.head,
        commitment=digest(personal) if personal else "",
        **said,
    )
    return Entry(core=core, personal=personal, hash=digest(core), made_by=made_by)


def follows(entry: Entry, previous: LedgerHead) -> bool:
    """Return whether the entry is the next of the chain, and as it was written."""
    core = entry.core
    return (
        core.sequence == previous.sequence + 1
        and core.previous == previous.head
        and digest(core) == entry.hash
        and (entry.personal is None or digest(entry.personal) == core.commitment)
    )


def verified(entries: Sequence[Entry], before: Verification) -> Verification:
    """Return what is known of the chain after these entries, which come after those `before`."""
    known = before
    for entry in entries:
        sequence, broken_at = known.entries + 1, known.broken_at
        previous = LedgerHead(sequence=known.entries, head=known.head)
        if broken_at is None and not follows(entry, previous):
            broken_at = sequence
        known = Verification(
            valid=broken_at is None,
            entries=sequence,
            head=entry.hash,
            broken_at=broken_at,
            redacted=known.redacted + (entry.personal is None),
        )
    return known


NOTHING_VERIFIED: Final = Verification.model_construct(
    valid=True, entries=0, head=BEGINNING, broken_at=None, redacted=0
)
