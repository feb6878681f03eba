"""The entries of a customer's timeline: documents in the customer's partition."""

from typing import Any

from shared.core.values import Record


def timeline_entry(kind: str, name: str, at: str, record: Record) -> dict[str, Any]:
    """Return the document of a record that the timeline shows at a moment."""
    body = record.model_dump(mode="json", by_alias=True)
    return body | {"id": entry_id(kind, name), "type": kind, "timeline": True, "at": at}


def entry_id(kind: str, name: str) -> str:
    return f"{kind}:{name}"
