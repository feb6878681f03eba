"""How a document of the port is kept as an item of Cosmos DB, and read back."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.ports.documents import Document

MARK = "_commit"  # [the commit that wrote it, then the fields that were added to make a key]
SYSTEM = ("_rid", "_self", "_etag", "_attachments", "_ts", "_lsn", MARK)


def item_of(
    body: Mapping[str, Any], paths: Sequence[str], key: Sequence[str], mark: str
) -> dict[str, Any]:
    """Return the item: the body, what is missing of its partition key, and the mark."""
    fields = dict(zip((path.strip("/") for path in paths), key, strict=True))
    added = [name for name in fields if name not in body]
    return {**body, **{name: fields[name] for name in added}, MARK: [mark, *added]}


def document_of(item: Mapping[str, Any]) -> Document:
    hidden = {*SYSTEM, *item.get(MARK, ())[1:]}
    body = {name: value for name, value in item.items() if name not in hidden}
    return Document(body, etag_of(item))


def etag_of(item: Mapping[str, Any]) -> str:
    return str(item["_etag"]).strip('"')


def mark_of(item: Mapping[str, Any]) -> str | None:
    """Return which commit wrote it."""
    found = item.get(MARK)
    return str(found[0]) if found else None
