"""The consent decisions of a customer, for those who show them."""

from typing import Final

from shared.consent import documents
from shared.consent.domain.consents import Consent
from shared.ports.documents import Document

CONSENT: Final = documents.CONSENT  # the type of document by which the timeline tells a decision


def consent_of(document: Document) -> Consent:
    """Return the decision that an entry of the timeline records."""
    return Consent.model_validate(document.body)
