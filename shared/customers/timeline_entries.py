"""What happened to a customer, as documents of her partition that one query lists by time."""

from typing import Any

from shared.consent.domain.consents import Consent, of_edit
from shared.context import Context
from shared.core.values import Record, as_text
from shared.customers.domain.customers import Customer
from shared.ports.documents import Create, Operation
from shared.timeline.domain.notes import Note

NOTE, CONSENT, ACTIVITY = "note", "consent", "activity"


def entry(kind: str, name: str, at: str, record: Record) -> dict[str, Any]:
    """Return the document of a record that stands in the timeline at a moment."""
    body = record.model_dump(mode="json", by_alias=True)
    return body | {"id": document_id(kind, name), "type": kind, "timeline": True, "at": at}


def document_id(kind: str, name: str) -> str:
    return f"{kind}:{name}"


def note_document(note: Note) -> dict[str, Any]:
    return entry(NOTE, note.id, as_text(note.created_at), note) | {"noteId": note.id}


def consent_document(consent: Consent, version: int) -> dict[str, Any]:
    """Return the document of a decision that led to this version of the customer."""
    name = f"{version:012d}:{consent.contact_id}"
    return entry(CONSENT, name, as_text(consent.decided_at), consent)


def consents_of_edit(before: Customer | None, after: Customer, context: Context) -> list[Operation]:
    """Return what writes the decisions that an edit of contact points itself made."""
    old = {one.id: one.marketing_consent for one in before.contacts} if before else {}
    return [
        Create(consent_document(of_edit(one, context.actor, context.now), after.version))
        for one in after.contacts
        if one.marketing_consent != old.get(one.id)
    ]
