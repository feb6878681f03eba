"""Receipts: what a customer is given to keep of a decision, with the fields of ISO/IEC TS 27560."""

from typing import Final, Literal

from pydantic import Field

from shared.configuration.companies import read_company
from shared.configuration.domain.companies import Company
from shared.consent.consents import read_consent
from shared.consent.domain.ledger import Core, Entry
from shared.consent.domain.purposes import ConsentPurpose, ConsentText
from shared.consent.purposes import find_purpose
from shared.context import Context
from shared.core.values import Record
from shared.customers.domain.decisions import Channel, Decision, LegalBasis

RECEIPT: Final = "libro-receipt/1"


class Controller(Record):
    """Who is responsible for what is done with the data."""

    legal_entity: str = Field(description="Code of the company", examples=["USRT"])
    name: str = Field(description="Name of the company", examples=["Contoso Retail"])


class ReceiptNotice(Record):
    """What was shown to the customer; `text` is null where its wording is not kept here."""

    version: str = Field(description="Version of the text", examples=["2026-01"])
    locale: str | None = Field(description="Language of the text", examples=["en-US"])
    text: str | None = Field(description="The wording")


class ConsentReceipt(Record):
    """A receipt of a decision. `hash` and `previous` are those of the entry in the ledger."""

    schema_: Literal["libro-receipt/1"] = Field(
        RECEIPT, alias="schema", description="Which fields a receipt has"
    )
    receipt_id: str = Field(description="Names the receipt: the customer, and the entry")
    controller: Controller = Field(description="Who is responsible")
    purpose: str = Field(description="What the decision is about", examples=["Marketing"])
    legal_basis: LegalBasis | None = Field(description="Legal basis at that time")
    channel: Channel | None = Field(description="Its channel; null for all of the kind")
    notice: ReceiptNotice | None = Field(description="What was shown; null if that is not known")
    method: str = Field(
        description="Where the decision was taken, or that it confirms another",
        examples=["Web", "Confirmation"],
    )
    decision: Decision | None = Field(description="The decision", examples=["OptedIn"])
    decided_at: str = Field(description="When it was taken")
    valid_until: str | None = Field(description="When it ends; null if it has no end")
    withdrawal_at: str | None = Field(description="Where it can be withdrawn")
    hash: str = Field(description="Hash of the entry in the ledger")
    previous: str = Field(description="Hash of the entry before")


async def read_receipt(key: str, sequence: int, *, context: Context) -> ConsentReceipt:
    """Return the receipt of a decision. Raises CustomerNotFound, ConsentNotFound."""
    entry, _ = await read_consent(key, sequence, context=context)
    company = (await read_company(context=context)).value
    return receipt_of(entry, company, await find_purpose(entry.core.purpose, context))


def receipt_of(entry: Entry, company: Company, purpose: ConsentPurpose | None) -> ConsentReceipt:
    core = entry.core
    return ConsentReceipt(
        receipt_id=f"{core.customer_id}:{core.sequence}",
        controller=Controller(legal_entity=company.legal_entity, name=company.name),
        purpose=core.purpose,
        legal_basis=core.legal_basis,
        channel=core.channel,
        notice=_notice(core, purpose.texts if purpose else ()),
        method="Confirmation" if core.confirms else (core.source or "Unknown"),
        decision=core.decision,
        decided_at=core.decided_at,
        valid_until=core.valid_until,
        withdrawal_at=purpose.withdrawal_at if purpose else None,
        hash=entry.hash,
        previous=core.previous,
    )


def _notice(core: Core, texts: tuple[ConsentText, ...]) -> ReceiptNotice | None:
    if core.text_version is None:
        return None
    shown = [one for one in texts if one.version == core.text_version]
    same = [one.text for one in shown if core.locale in {None, one.locale}]
    return ReceiptNotice(
        version=core.text_version, locale=core.locale, text=same[0] if same else None
    )
