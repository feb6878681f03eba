"""What consent is given for: the purposes of a company, and the channels that each has."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import Field

from shared.core.values import Key, Language, Line, LongLine, Setting, Text
from shared.customers.domain.decisions import MARKETING, Channel, Decision, LedgerSource, LegalBasis

EvidenceRule = Literal["onReturn", "always", "never"]
PROFILING: Final = "Profiling"
SERVICE: Final = "Service"
CUSTOMER: Final = "customer"  # the kind of point that is the person, not an address


class ConsentText(Setting):
    """The wording that was shown. A version that is stored cannot change: audits need it."""

    version: Line = Field(description="Version of the text", examples=["2026-01"])
    locale: Language = Field(description="Language of the text")
    text: Text = Field(description="What is shown to the customer")
    from_: date | None = Field(None, alias="from", description="Day from which it is shown")


class PurposeChannels(Setting):
    """The channels on which a purpose uses e-mails and phones; none for what is not about them."""

    email: tuple[Literal["email"], ...] = Field((), description="`email`, or nothing")
    phone: tuple[Literal["call", "sms", "messaging"], ...] = Field(
        (), description="Channels of a phone", examples=[["call", "sms"]]
    )


class ConsentPurpose(Setting):
    """What consent is given for."""

    name: Key = Field(description="Name of the purpose", examples=[MARKETING])
    channels: PurposeChannels = Field(description="Channels by the kind of contact point")
    legal_basis: LegalBasis = Field("Consent", description="Legal basis of messages")
    valid_for_days: Annotated[int, Field(ge=1, le=36_500)] | None = Field(
        None, description="Days that an opt-in is valid; null if it has no end"
    )
    double_opt_in: Literal["never", "web", "always"] = Field(
        "never", description="Which opt-ins the customer has to confirm"
    )
    opt_in_spreads: bool = Field(
        True,
        description="Whether an opt-in counts for every customer who has the contact point, "
        "and not only for the one who decided; a withdrawal always does",
    )
    evidence_required: EvidenceRule = Field(
        "onReturn",
        description="When an opt-in without evidence is refused: after a withdrawal, always, never",
    )
    texts: tuple[ConsentText, ...] = Field((), description="Texts that are shown, by version")
    withdrawal_at: LongLine | None = Field(
        None, description="Where customers withdraw, for receipts", examples=["https://x.example"]
    )
    active: bool = Field(True, description="Whether new opt-ins are taken")

    def is_confirmed(self, source: LedgerSource) -> bool:
        """Return whether an opt-in counts only once the customer has confirmed it."""
        on_the_web = self.double_opt_in == "web" and source in {"Web", "Customer"}
        return self.double_opt_in == "always" or on_the_web

    def end_of(self, decision: Decision, decided_at: datetime) -> datetime | None:
        """Return when a decision ends to be in force; None for never. A withdrawal has no end."""
        if decision == "OptedOut" or self.valid_for_days is None:
            return None
        return decided_at + timedelta(days=self.valid_for_days)

    def channels_of(self, kind: str) -> tuple[Channel | None, ...]:
        """Return the channels of a kind of point; a customer has one without a name."""
        if kind == "email":
            return self.channels.email
        if kind == "phone":
            return self.channels.phone
        return () if self.channels.email or self.channels.phone else (None,)


def first_purposes() -> list[ConsentPurpose]:
    """Return the purposes that every company has from the beginning."""
    every = PurposeChannels(email=("email",), phone=("call", "sms", "messaging"))
    return [
        ConsentPurpose(name=MARKETING, channels=every),
        ConsentPurpose(name=PROFILING, channels=PurposeChannels()),
        ConsentPurpose(name=SERVICE, channels=every, legal_basis="Contract"),
    ]
