"""What a body says about consent to a contact point, and what a contact point shows of it.

What is in force is decided by shared/consent, which takes part in each commit of a customer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from shared.core.errors import Invalid
from shared.core.values import Body, Instant, Key, Line, LongLine, Moment, Record

Decision = Literal["OptedIn", "OptedOut"]
Channel = Literal["email", "call", "sms", "messaging"]
Source = Literal["POS", "Web", "CallCenter", "Import", "Customer"]
LedgerSource = Source | Literal["Erasure"]  # the last is never sent: it says that a value is gone
LegalBasis = Literal["Consent", "LegitimateInterest", "Contract"]
MARKETING: Final = "Marketing"
CONSENT: Final = "consent"  # the participant that a Statement is meant for
MAX_DECISIONS = 10  # of one contact point in a body
MAX_DECISIONS_OF_BODY = 40


class Evidence(Body):
    """The proof of a decision: which text was shown, in which language, and who recorded it."""

    text_version: Line | None = Field(
        None, description="Version of the text that was shown", examples=["2026-01"]
    )
    locale: Line | None = Field(
        None, description="Language of the text that was shown, BCP 47", examples=["en-US"]
    )
    captured_by: Line | None = Field(
        None, description="Who recorded the decision", examples=["000160"]
    )
    reference: LongLine | None = Field(
        None, description="Reference to a proof, such as the number of a form"
    )


NO_EVIDENCE: Final = Evidence.model_construct()


class GivenDecision(Body):
    """A decision with its proof, as another system or a till kept it."""

    purpose: Key = Field(
        MARKETING, description="What the decision is about, a key of `consent-purposes`"
    )
    channel: Channel | None = Field(
        None, description="Channel that the decision is about; all channels of the kind if left out"
    )
    decision: Decision = Field(description="The decision", examples=["OptedIn"])
    source: Source | None = Field(
        None, description="Where the decision was taken; where the caller works if left out"
    )
    evidence: Evidence = Field(NO_EVIDENCE, description="What proves the decision")
    decided_at: Moment | None = Field(
        None, description="When the decision was taken; now if left out"
    )


GivenDecisions = Annotated[
    tuple[GivenDecision, ...],
    Field(
        max_length=MAX_DECISIONS,
        description="Decisions with their proofs, instead of `marketingConsent`",
    ),
]


class ShownConsent(Record):
    """What is in force at a contact point for one purpose and channel."""

    purpose: str = Field(description="What the decision is about", examples=[MARKETING])
    channel: Channel | None = Field(description="Channel that the decision is about")
    decision: Decision = Field(description="The decision in force", examples=["OptedIn"])
    decided_at: Instant = Field(description="When the decision was taken")
    valid_until: Instant | None = Field(
        None, description="When it ends to be in force; null if it has no end"
    )

    def is_over(self, now: datetime) -> bool:
        return self.valid_until is not None and self.valid_until <= now


@dataclass(frozen=True, slots=True)
class PointName:
    """A contact point that no contact shows: its kind and keyed hash, and its value if known."""

    kind: str
    hash: str
    normal: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One decision that a body expresses about a contact point; None: nothing is said any more.

    `is_proven` if it came by a link that was sent to the contact point. `confirms` is the number of
    the entry that it confirms. `point` names the contact point where no contact has it any more.
    """

    contact_id: str
    decision: Decision | None
    purpose: str = MARKETING
    channel: Channel | None = None
    source: LedgerSource | None = None
    evidence: Evidence = NO_EVIDENCE
    decided_at: datetime | None = None
    pointer: str = ""
    is_proven: bool = False
    confirms: int | None = None
    point: PointName | None = None


@dataclass
class Statement:
    """What a change of a customer says about consent.

    `is_decision` if it is one by itself, and so may be refused: what a body of a customer or a
    contact says is kept, though it may not come into force.
    `renewed` are contact points that are to show what is in force. `result` is what became of it,
    which shared/consent writes.
    """

    said: Sequence[Said] = field(default_factory=tuple)
    is_decision: bool = False
    renewed: frozenset[str] = frozenset()
    result: Any = None

    def __bool__(self) -> bool:
        return bool(self.said or self.renewed)


def said_of(
    contact_id: str,
    marketing_consent: Decision | None,
    decisions: Sequence[GivenDecision],
    pointer: str,
) -> list[Said]:
    """Return what a contact point in a body says. Raises Invalid where it says it twice."""
    if marketing_consent and decisions:
        raise Invalid.at(
            f"{pointer}/marketingConsent", "said-twice", "Send marketingConsent or consents."
        )
    if marketing_consent:
        return [Said(contact_id, marketing_consent, pointer=f"{pointer}/marketingConsent")]
    return [
        Said(
            contact_id,
            given.decision,
            given.purpose,
            given.channel,
            given.source,
            given.evidence,
            given.decided_at,
            f"{pointer}/consents/{index}",
        )
        for index, given in enumerate(decisions)
    ]


def check_count(said: Sequence[Said]) -> None:
    """Raise Invalid where one body has more decisions than a commit should."""
    if len(said) > MAX_DECISIONS_OF_BODY:
        detail = f"A body has at most {MAX_DECISIONS_OF_BODY} decisions."
        raise Invalid.at("/contacts", "too-many-consents", detail)
