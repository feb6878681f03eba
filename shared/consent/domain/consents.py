"""Consent: the decisions of a customer about a contact point, and their proof."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from shared.core.values import Body, Line, LongLine, Moment, Record
from shared.customers.domain.contacts import Contact, ContactId, ContactKind, MarketingConsent

Purpose = Literal["Marketing"]
Source = Literal["POS", "Web", "CallCenter", "Import", "Customer"]


class Evidence(Body):
    """The proof of a decision: which text was shown, in which language, and who recorded it."""

    text_version: Line | None = None
    locale: Line | None = None
    captured_by: Line | None = None
    reference: LongLine | None = None


class NewConsent(Body):
    """A decision about one contact point, named by its id or by what it is."""

    contact_id: ContactId | None = None
    kind: ContactKind | None = None
    value: Annotated[
        str | None, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)
    ] = None
    purpose: Purpose = "Marketing"
    decision: MarketingConsent
    source: Source = "POS"
    evidence: Evidence = Evidence.model_construct()
    decided_at: Moment | None = None

    @model_validator(mode="after")
    def _names_a_contact(self) -> "NewConsent":
        if self.contact_id is None and (self.kind is None or self.value is None):
            raise ValueError("name the contact point by contactId, or by kind and value")
        return self


class Consent(Record):
    """One decision as recorded. `source` is null where an edit of the contact point made it."""

    contact_id: str
    kind: ContactKind
    value: str
    purpose: Purpose = "Marketing"
    decision: MarketingConsent | None
    source: Source | None = None
    evidence: Evidence = Evidence.model_construct()
    decided_at: datetime
    recorded_at: datetime
    recorded_by: str


def of_edit(contact: Contact, actor: str, now: datetime) -> Consent:
    """Return the decision that an edit of the contact point itself expresses."""
    return Consent(
        contact_id=contact.id,
        kind=contact.kind,
        value=contact.value,
        decision=contact.marketing_consent,
        decided_at=contact.consent_at or now,
        recorded_at=now,
        recorded_by=actor,
    )
