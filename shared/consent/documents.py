"""Consent decisions as documents: entries of the customer's timeline."""

from typing import Any, Final

from shared.consent.domain.consents import Consent
from shared.core.values import as_text
from shared.customers.timeline_entries import timeline_entry

CONSENT: Final = "consent"
SCHEMA_VERSION: Final = 1


def consent_document(consent: Consent, version: int) -> dict[str, Any]:
    """Return the document of a decision that led to this version of the customer."""
    name = f"{version:012d}:{consent.contact_id}"
    entry = timeline_entry(CONSENT, name, as_text(consent.decided_at), consent)
    return entry | {"schemaVersion": SCHEMA_VERSION}
