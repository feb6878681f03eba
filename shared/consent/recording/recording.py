"""What a commit of a customer writes into the ledger, and what the contact points show after it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from shared.consent.domain import deciding
from shared.consent.domain.ledger import (
    BY_THE_CHAIN,
    EMPTY,
    Entry,
    Outcome,
    Personal,
    as_hashed,
    chained,
    whole_milliseconds,
)
from shared.consent.domain.points import Point, Stamp, purpose_and_channel
from shared.consent.domain.purposes import ConsentPurpose
from shared.consent.points import PointKey, Settling, with_decisions
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.versioned import Versioned
from shared.customers.domain.contacts import Contact
from shared.customers.domain.customer_record import LedgerHead
from shared.customers.domain.customers import Customer
from shared.customers.domain.decisions import (
    NO_EVIDENCE,
    Channel,
    Evidence,
    LedgerSource,
    Said,
    ShownConsent,
    Statement,
)

SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Target:
    """What a decision is about: a contact point of the customer, or the person."""

    key: PointKey
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision as it goes into the ledger. `origin` is the other customer who took it."""

    stamp: Stamp
    purpose: ConsentPurpose
    channel: Channel | None
    outcome: Outcome
    evidence: Evidence
    origin: str | None = None
    confirms: int | None = None


@dataclass
class Recording:
    """The entries that one commit adds, and the points: as they were `read`, and as they are then.

    `purposes` are those that the points and what is said name.
    """

    customer: Customer
    statement: Statement
    context: Context
    read: Mapping[PointKey, Versioned[Point]] = field(default_factory=dict)
    points: dict[PointKey, Point] = field(default_factory=dict)
    purposes: Mapping[str, ConsentPurpose] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    settlings: list[Settling] = field(default_factory=list)
    is_settled: bool = False

    @property
    def head(self) -> LedgerHead:
        return self.entries[-1].head if self.entries else (self.customer.ledger or EMPTY)

    def record(self, said: Said, target: Target) -> None:
        """Add what is said to the ledger. Raises what a rule refuses."""
        purpose, point = self.purposes[said.purpose], self.points[target.key]
        role = self.context.actor.partition(":")[0]
        rule = deciding.Rule(purpose, target.key.kind, said, point, role)
        source = self._source(said, role)
        is_pending = rule.is_pending(source)
        is_decision = self.statement.is_decision
        rule.check(target.contact, is_decision=is_decision, is_pending=is_pending)
        if said.decision is None:
            return
        rule.check_room(self.head.sequence)
        evidence = self._evidence(said, role)
        is_strong = said.is_proven or deciding.is_strong(said.decision, evidence, role)
        if is_decision and not is_strong and not is_pending:
            rule.check_evidence()
        decided_at = self._decided_at(said, rule)
        stamp = Stamp(
            decision=said.decision,
            decided_at=decided_at,
            source=source,
            customer_id=self.customer.id,
            sequence=self.head.sequence + 1,
            valid_until=purpose.end_of(said.decision, decided_at),
        )
        settling = Settling(target.key, stamp, purpose.name, said.channel, is_strong)
        outcome: Outcome = "Pending" if is_pending else self._outcome(settling, rule)
        taken = Taken(stamp, purpose, said.channel, outcome, evidence, confirms=said.confirms)
        self._append(taken, target)

    def _evidence(self, said: Said, role: str) -> Evidence:
        """Return the evidence, captured by the caller unless it comes from elsewhere."""
        evidence = said.evidence
        is_imported = "Import" in {self._source(said, role), self.context.source}
        if evidence.captured_by is not None or is_imported:
            return evidence
        return evolve(evidence, captured_by=self.context.actor.partition(":")[2])

    def _outcome(self, settling: Settling, rule: deciding.Rule) -> Outcome:
        """Join the decision to its point, and return what becomes of it."""
        stamp, purpose = settling.stamp, rule.purpose
        if stamp.decision == "OptedIn" and not purpose.active:
            return "NotInForce"  # in a body it is kept, and not taken
        self._join(settling)
        point = self.points[settling.point]
        return deciding.outcome(
            point, purpose.name, rule.channels, stamp, is_strong=settling.is_strong
        )

    def _join(self, settling: Settling) -> None:
        key = settling.point
        self.points[key] = with_decisions(self.points[key], [settling])
        self.settlings.append(settling)

    def take_over(self, settlings: Sequence[Settling]) -> None:
        """Join what the contacts of an older customer show, who has no ledger yet."""
        for settling in settlings:
            self._join(settling)

    def inherit(self, target: Target) -> None:
        """Add what others have decided about the point, where the contact does not show it yet."""
        shown = set(target.contact.consents if target.contact else ())
        for name, register in self.points[target.key].registers.items():
            purpose_name, channel = purpose_and_channel(name)
            stamp, purpose = register.in_force, self.purposes.get(purpose_name)
            if stamp is None or purpose is None or stamp.customer_id == self.customer.id:
                continue
            decided = self._decided_by(stamp, target.key, purpose)
            if not decided or shown.issuperset(decided):
                continue
            taken = Taken(stamp, purpose, channel, "InForce", NO_EVIDENCE, stamp.customer_id)
            self._append(taken, target)

    def shown(self, key: PointKey) -> tuple[ShownConsent, ...]:
        """Return what is in force at the point for this customer, by purpose and channel."""
        names = sorted({purpose_and_channel(name)[0] for name in self.points[key].registers})
        purposes = (self.purposes[name] for name in names if name in self.purposes)
        return tuple(one for purpose in purposes for one in self._shown_of(key, purpose))

    def _shown_of(self, key: PointKey, purpose: ConsentPurpose) -> list[ShownConsent]:
        return [_shown(purpose, *one) for one in self._in_force(key, purpose)]

    def _decided_by(
        self, stamp: Stamp, key: PointKey, purpose: ConsentPurpose
    ) -> list[ShownConsent]:
        """Return what is in force by this decision, and not by another one."""
        in_force = self._in_force(key, purpose)
        return [_shown(purpose, channel, one) for channel, one in in_force if one == stamp]

    def _in_force(
        self, key: PointKey, purpose: ConsentPurpose
    ) -> list[tuple[Channel | None, Stamp]]:
        registers = (
            (channel, self.points[key].register(purpose.name, channel))
            for channel in purpose.channels_of(key.kind)
        )
        return [
            (channel, stamp)
            for channel, register in registers
            if (stamp := register.in_force) and self._counts(stamp, purpose)
        ]

    def chain(self, older: Entry) -> None:
        """Take over an entry that was recorded before there was a chain."""
        personal = evolve(older.personal, salt=_salt()) if older.personal else None
        known = older.core.model_dump(exclude=BY_THE_CHAIN)
        whose = {"customer_id": self.customer.id, "legal_entity": self.context.legal_entity}
        self.entries.append(chained(self.head, personal, **(known | whose)))

    def _counts(self, stamp: Stamp, purpose: ConsentPurpose) -> bool:
        """Return whether the decision counts now, and for this customer."""
        if stamp.is_over(self.context.now):
            return False
        is_own = stamp.customer_id == self.customer.id
        return is_own or purpose.opt_in_spreads or stamp.decision == "OptedOut"

    def _source(self, said: Said, role: str) -> LedgerSource:
        if role == "customer":
            return "Customer"
        return said.source or deciding.source_of(self.context.source, role)

    def _decided_at(self, said: Said, rule: deciding.Rule) -> datetime:
        now = whole_milliseconds(self.context.now)
        given = said.decided_at or self.context.done_at
        if given is None:
            return rule.next_moment(now)
        given = whole_milliseconds(given)
        if said.confirms:
            return given
        if self.context.done_at or self.context.source:
            return min(given, now)  # the clock of whoever kept it may be ahead
        rule.check_moment(given, now)
        return given

    def _append(self, taken: Taken, target: Target) -> None:
        stamp, context = taken.stamp, self.context
        personal = None if self.customer.status == "Erased" else self._personal(taken, target)

        entry = chained(
            self.head,
            personal,
            made_by=context.fingerprint,
            customer_id=self.customer.id,
            legal_entity=context.legal_entity,
            kind=target.key.kind,
            purpose=taken.purpose.name,
            channel=taken.channel,
            decision=stamp.decision,
            outcome=taken.outcome,
            source=stamp.source,
            legal_basis=taken.purpose.legal_basis,
            text_version=taken.evidence.text_version,
            locale=taken.evidence.locale,
            decided_at=as_hashed(stamp.decided_at),
            recorded_at=as_hashed(context.now),
            valid_until=as_hashed(stamp.valid_until),
            confirms=taken.confirms,
            inherited=taken.origin is not None,
        )
        self.entries.append(entry)

    def _personal(self, taken: Taken, target: Target) -> Personal:
        contact = target.contact
        return Personal(
            salt=_salt(),
            contact_id=contact.id if contact else None,
            value=contact.value if contact else None,
            captured_by=taken.evidence.captured_by,
            reference=taken.evidence.reference,
            recorded_by=self.context.actor,
            origin=taken.origin,
        )


def _shown(purpose: ConsentPurpose, channel: Channel | None, stamp: Stamp) -> ShownConsent:
    return ShownConsent(
        purpose=purpose.name,
        channel=channel,
        decision=stamp.decision,
        decided_at=stamp.decided_at,
        valid_until=stamp.valid_until,
    )


def _salt() -> str:
    return secrets.token_hex(SALT_BYTES)
