"""Consent: the decisions of a customer about a contact point, and their proof."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from shared.core.values import Body, Line, LongLine, Moment, Record
from shared.customers.domain.contacts import Contact, ContactId, ContactKind, MarketingConsent

Purpose = Literal["Marketing"]
Source = Literal["POS", "Web", "CallCenter", "Import", "Customer"]


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


class NewConsent(Body):
    """A decision about one contact point, named by its id or by what it is."""

    contact_id: ContactId | None = Field(
        None,
        description="Id of the contact point; or name it by `kind` and `value`",
        examples=["1"],
    )
    kind: ContactKind | None = Field(None, description="Kind of the contact point")
    value: Annotated[
        str | None, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)
    ] = Field(None, description="E-mail, phone or web address of the contact point")
    purpose: Purpose = Field("Marketing", description="What the decision is about")
    decision: MarketingConsent = Field(description="The decision", examples=["OptedIn"])
    source: Source = Field("POS", description="Where the decision was taken")
    evidence: Evidence = Field(Evidence.model_construct(), description="What proves the decision")
    decided_at: Moment | None = Field(
        None, description="When the decision was taken; now if left out"
    )

    @model_validator(mode="after")
    def _names_a_contact(self) -> "NewConsent":
        if self.contact_id is None and (self.kind is None or self.value is None):
            raise ValueError("name the contact point by contactId, or by kind and value")
        return self


class Consent(Record):
    """One decision as recorded. `source` is null where an edit of the contact point made it."""

    contact_id: str = Field(description="Id of the contact point", examples=["1"])
    kind: ContactKind = Field(description="Kind of the contact point")
    value: str = Field(
        description="E-mail, phone or web address at the time of the decision",
        examples=["karen@example.com"],
    )
    purpose: Purpose = Field("Marketing", description="What the decision is about")
    decision: MarketingConsent | None = Field(
        description="The decision; null where an earlier one was taken back", examples=["OptedIn"]
    )
    source: Source | None = Field(
        None,
        description="Where the decision was taken; null if the contact point was edited",
    )
    evidence: Evidence = Field(Evidence.model_construct(), description="What proves the decision")
    decided_at: datetime = Field(description="When the decision was taken")
    recorded_at: datetime = Field(description="When the decision was recorded")
    recorded_by: str = Field(
        description="Who recorded the decision: a role and who it was", examples=["employee:000160"]
    )


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
