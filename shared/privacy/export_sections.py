"""The sections of an export: what each capability shows of what it stores about a customer."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from shared.configuration.companies import read_company
from shared.configuration.domain.companies import Company
from shared.consent.consents import verification_of
from shared.consent.domain.ledger import Entry
from shared.consent.purposes import every_purpose
from shared.consent.receipts import receipt_of
from shared.context import Context
from shared.customers.domain.customers import Customer
from shared.customers.views import customer_view
from shared.privacy.erasing.emptying import Holdings
from shared.privacy.erasing.freezing import note_now

SECTIONS: Final = (
    "customer", "contacts", "addresses", "attributes", "consents", "notes", "activities",
    "bookMoves", "books", "followUps", "measures", "syncOperations", "events", "uploadConflicts",
    "holds", "accesses", "erasure", "merges",
)  # fmt: skip
OF_THE_RECORD: Final = frozenset({"customer", "contacts", "attributes"})


async def find_sections(
    customer: Customer, sections: frozenset[str], holdings: Holdings, context: Context
) -> dict[str, Any]:
    """Return the sections that are named; one that is empty is there, empty."""
    noted = await note_now(customer, context)
    found: defaultdict[str, Any] = defaultdict(list)
    for holding in holdings:
        if holding.section in sections:
            async for document in holding.find(noted, context):
                found[holding.section].append(holding.export(document.document.body))
    if "consents" in sections:
        company = (await read_company(context=context)).value
        found["consents"] = await _consents(customer, found["consents"], company, context)
    listed = {name: found[name] for name in SECTIONS if name not in OF_THE_RECORD}
    return {**listed, **_of_record(customer, context.now)}


def _of_record(customer: Customer, now: datetime) -> Mapping[str, Any]:
    record = customer_view(customer, now)
    contacts = record.pop("contacts")
    consents = {
        contact.id: contact.model_dump(mode="json", by_alias=True)["consents"]
        for contact in customer.contacts
    }
    return {
        "customer": record,
        "contacts": [contact | {"consents": consents[contact["id"]]} for contact in contacts],
        "attributes": record.pop("attributes"),
    }


async def _consents(
    customer: Customer, bodies: list[Mapping[str, Any]], company: Company, context: Context
) -> Mapping[str, Any]:
    """Return the ledger with its verification, and a receipt of each decision."""
    entries = [Entry.model_validate(body) for body in bodies if "core" in body]
    purposes = {purpose.name: purpose for purpose in await every_purpose(context)}
    verification = verification_of(entries, customer)
    return {
        "entries": [
            entry.core.model_dump(mode="json", by_alias=True)
            | {"personal": entry.personal and entry.personal.model_dump(mode="json", by_alias=True)}
            | {"hash": entry.hash}
            for entry in entries
        ],
        "verification": verification.model_dump(mode="json", by_alias=True),
        "receipts": [
            receipt_of(entry, company, purposes.get(entry.core.purpose)).model_dump(
                mode="json", by_alias=True
            )
            for entry in entries
        ],
    }
