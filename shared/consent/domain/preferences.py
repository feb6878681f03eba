"""What a customer sees and changes by a link, without signing in."""

from collections.abc import Iterable
from typing import Final

from pydantic import Field

from shared.consent.domain.purposes import ConsentPurpose, ConsentText
from shared.core.errors import Gone
from shared.core.values import Body, Instant, Key, Line, Record
from shared.customers.domain.decisions import Channel, Decision, LegalBasis, ShownConsent

MASK: Final = "\u2022\u2022\u2022"
SHOWN_DIGITS: Final = 2
MAX_PREFERENCES: Final = 40


class LinkOutlived(Gone):
    """The contact point is not the customer's any more: the link withdraws, and shows nothing."""

    code = "link-outlived"


class NewPreference(Body):
    """A decision about the contact point of the link."""

    purpose: Key = Field(description="What it is about, a key of `consent-purposes`")
    channel: Channel | None = Field(
        None, description="Its channel; all channels of the kind if left out"
    )
    decision: Decision = Field(description="The decision", examples=["OptedOut"])
    text_version: Line | None = Field(
        None, description="Version of the text that was shown", examples=["2026-01"]
    )


class NewPreferences(Body):
    """Decisions about the contact point of the link; what is not named stays."""

    decisions: tuple[NewPreference, ...] = Field(
        min_length=1, max_length=MAX_PREFERENCES, description="What is decided"
    )


class PreferredChannel(Record):
    """What is in force on one channel."""

    channel: Channel | None = Field(description="The channel; null where the purpose has none")
    decision: Decision | None = Field(description="The decision in force; null if there is none")
    decided_at: Instant | None = Field(description="When it was taken")
    valid_until: Instant | None = Field(description="When it ends; null if it has no end")


class PreferredPurpose(Record):
    """A purpose, what is shown to customers about it, and what is in force."""

    purpose: str = Field(description="Name of the purpose", examples=["Marketing"])
    legal_basis: LegalBasis = Field(description="Legal basis of messages")
    channels: tuple[PreferredChannel, ...] = Field(description="What is in force, by channel")
    texts: tuple[ConsentText, ...] = Field(description="Texts that are shown, by version")


class Preferences(Record):
    """What is in force at the contact point of the link."""

    company: str = Field(description="Name of the company", examples=["Contoso Retail"])
    kind: str = Field(description="Kind of the contact point", examples=["email"])
    value: str | None = Field(
        description="The contact point, masked", examples=[f"k{MASK}@example.com"]
    )
    purposes: tuple[PreferredPurpose, ...] = Field(description="What can be decided about")


class Unsubscribed(Record):
    """What the contact point is not used for any more."""

    purposes: tuple[str, ...] = Field(
        description="The purposes that were withdrawn", examples=[["Marketing"]]
    )


def masked(kind: str, value: str) -> str:
    """Return as much of the value as its owner needs to know it."""
    if kind == "email":
        name, _, domain = value.rpartition("@")
        return f"{name[:1]}{MASK}@{domain}"
    return f"{MASK}{value[-SHOWN_DIGITS:]}"


def can_be_decided(purpose: ConsentPurpose, kind: str) -> bool:
    """Return whether a customer decides about the purpose at all at such a contact point."""
    return bool(purpose.channels_of(kind)) and purpose.legal_basis != "Contract"


def preferred(
    purpose: ConsentPurpose, kind: str, shown: Iterable[ShownConsent]
) -> PreferredPurpose:
    """Return the purpose with what is in force about it."""
    by_channel = {one.channel: one for one in shown if one.purpose == purpose.name}
    return PreferredPurpose(
        purpose=purpose.name,
        legal_basis=purpose.legal_basis,
        channels=tuple(
            _channel(channel, by_channel.get(channel)) for channel in purpose.channels_of(kind)
        ),
        texts=purpose.texts,
    )


def _channel(channel: Channel | None, shown: ShownConsent | None) -> PreferredChannel:
    return PreferredChannel(
        channel=channel,
        decision=shown.decision if shown else None,
        decided_at=shown.decided_at if shown else None,
        valid_until=shown.valid_until if shown else None,
    )
