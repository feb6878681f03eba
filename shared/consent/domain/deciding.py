"""The rules by which a decision is taken, refused, or kept without coming into force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.consent.domain.consents import ConsentWithdrawn, ContactNotVerified, LedgerFull
from shared.consent.domain.ledger import Outcome
from shared.consent.domain.points import Point, Stamp
from shared.consent.domain.purposes import CUSTOMER, ConsentPurpose
from shared.core.errors import Invalid
from shared.core.evolve import evolve
from shared.core.values import in_milliseconds
from shared.customers.domain.contacts import Contact
from shared.customers.domain.decisions import (
    MARKETING,
    Channel,
    Decision,
    Evidence,
    LedgerSource,
    Said,
    ShownConsent,
    Source,
)

AHEAD: Final = timedelta(minutes=5)  # that the clock of a caller may be
MAX_ENTRIES: Final = 5_000  # after which customers may only withdraw
MILLISECOND: Final = timedelta(milliseconds=1)
DEFAULT_SOURCES: Final[Mapping[str, Source]] = {
    "employee": "POS",
    "channel": "POS",
    "customer": "Customer",
    "application": "Web",
    "administrator": "CallCenter",
    "system": "Web",
}
SOURCES_OF_STAFF: Final[frozenset[Source]] = frozenset({"POS", "CallCenter"})


def source_of(passed_on: str | None, role: str) -> Source:
    """Return where a decision was taken that does not say it."""
    return "Import" if passed_on == "Import" else DEFAULT_SOURCES[role]


def is_strong(decision: Decision, evidence: Evidence, role: str) -> bool:
    """Return whether it is a withdrawal, or can undo one: by proof, or by the customer."""
    proven = bool(evidence.text_version and (evidence.reference or evidence.captured_by))
    return decision == "OptedOut" or role == "customer" or proven


def outcome(
    point: Point,
    purpose: str,
    channels: Sequence[Channel | None],
    stamp: Stamp,
    *,
    is_strong: bool,
) -> Outcome:
    """Return what became of a decision that was joined to the point."""
    registers = [point.register(purpose, channel) for channel in channels]
    if any(register.in_force == stamp for register in registers):
        return "InForce"
    if not is_strong and any(register.strong for register in registers):
        return "NotInForce"
    return "Superseded"


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for one decision about one point, said by a caller of this role."""

    purpose: ConsentPurpose
    kind: str
    said: Said
    point: Point
    role: str

    @property
    def channels(self) -> Sequence[Channel | None]:
        every = self.purpose.channels_of(self.kind)
        return [self.said.channel] if self.said.channel else every

    @property
    def in_force(self) -> list[Stamp]:
        registers = (self.point.register(self.purpose.name, one) for one in self.channels)
        return [stamp for register in registers if (stamp := register.in_force)]

    def is_pending(self, source: LedgerSource) -> bool:
        """Return whether it has to be confirmed by a link that is sent to the contact point."""
        return (
            self.said.decision == "OptedIn"
            and self.kind != CUSTOMER
            and not self.said.is_proven
            and self.purpose.is_confirmed(source)
        )

    def check(self, contact: Contact | None, *, is_decision: bool, is_pending: bool) -> None:
        """Raise what refuses it: Invalid, ContactNotVerified."""
        self._check_channel()
        self._check_source()
        if self.said.decision is None:
            self._check_silence()
        elif self.said.decision == "OptedIn":
            if not is_pending:
                self._check_verified(contact)
            if is_decision:
                self._check_active()
                self._check_text()

    def check_room(self, entries: int) -> None:
        """Raise LedgerFull for an opt-in of the customer where the ledger has too many entries."""
        is_opt_in = self.said.decision == "OptedIn"
        if entries >= MAX_ENTRIES and is_opt_in and self.role == "customer":
            raise LedgerFull(f"The ledger has {entries} entries; only withdrawals are taken.")

    def check_evidence(self) -> None:
        """Raise Invalid or ConsentWithdrawn where a weak opt-in needs a proof."""
        if self.purpose.evidence_required == "always":
            detail = "An opt-in needs textVersion, and reference or capturedBy."
            raise Invalid.at("/evidence", "evidence-required", detail)
        withdrawn = [stamp.decided_at for stamp in self.in_force if stamp.decision == "OptedOut"]
        if withdrawn and self.purpose.evidence_required == "onReturn":
            raise ConsentWithdrawn(
                "It was withdrawn; to opt in again takes textVersion, and reference or capturedBy.",
                decidedAt=in_milliseconds(max(withdrawn)),
            )

    def check_moment(self, decided_at: datetime, now: datetime) -> None:
        if decided_at > now + AHEAD:
            detail = "It is more than five minutes ahead."
            pointer = f"{self.said.pointer}/decidedAt"
            raise Invalid.at(pointer, "decided-in-the-future", detail)

    def next_moment(self, now: datetime) -> datetime:
        """Return when a decision counts that says no time: now, or just after what is in force.

        So it wins also where the clock of this instance is behind.
        """
        latest = max((stamp.decided_at for stamp in self.in_force), default=now)
        return max(now, min(latest + MILLISECOND, now + AHEAD))

    def _check_channel(self) -> None:
        channel, every = self.said.channel, self.purpose.channels_of(self.kind)
        if not every or (channel and channel not in every):
            detail = f"{self.purpose.name} is not about {channel or self.kind}."
            raise Invalid.at(f"{self.said.pointer}/channel", "channel-unknown", detail)

    def _check_silence(self) -> None:
        if any(stamp.decision == "OptedIn" for stamp in self.in_force):
            detail = "Null says nothing; to withdraw, send OptedOut."
            raise Invalid.at(self.said.pointer, "say-opted-out", detail)

    def _check_active(self) -> None:
        if not self.purpose.active:
            detail = f"{self.purpose.name} takes no new opt-ins."
            raise Invalid.at(f"{self.said.pointer}/purpose", "purpose-unknown", detail)

    def _check_verified(self, contact: Contact | None) -> None:
        is_open = contact is not None and contact.verified_at is None
        if self.role == "customer" and is_open and not self.said.is_proven:
            raise ContactNotVerified("Opt in by the link that was sent to the contact point.")

    def _check_source(self) -> None:
        source = self.said.source
        if self.role == "employee" and source and source not in SOURCES_OF_STAFF:
            detail = f"Stores record decisions of {', '.join(sorted(SOURCES_OF_STAFF))}."
            raise Invalid.at(f"{self.said.pointer}/source", "source-not-allowed", detail)

    def _check_text(self) -> None:
        version, texts = self.said.evidence.text_version, self.purpose.texts
        if version and texts and version not in {text.version for text in texts}:
            detail = f"{self.purpose.name} has no text {version}."
            pointer = f"{self.said.pointer}/evidence/textVersion"
            raise Invalid.at(pointer, "text-version-unknown", detail)


def with_shown(
    contact: Contact, shown: tuple[ShownConsent, ...], purposes: Mapping[str, ConsentPurpose]
) -> Contact:
    """Return the contact point with what is in force, and with it about marketing as a whole."""
    purpose = purposes.get(MARKETING)
    channels = purpose.channels_of(contact.kind) if purpose else ()
    marketing = {one.channel: one for one in shown if one.purpose == MARKETING}
    out = [one for one in marketing.values() if one.decision == "OptedOut"]
    is_in = bool(channels) and all(channel in marketing for channel in channels)
    deciding = out or (list(marketing.values()) if is_in else [])
    return evolve(
        contact,
        consents=shown,
        marketing_consent=deciding[0].decision if deciding else None,
        consent_at=max(one.decided_at for one in deciding) if deciding else None,
        consent_until=min((one.valid_until for one in deciding if one.valid_until), default=None),
    )
