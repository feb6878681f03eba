"""The mapping between documents of the port and items of Cosmos DB."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.ports.documents import Document

MARK = "_commit"  # [mark of the commit, then the fields added for the partition key]
SYSTEM = ("_rid", "_self", "_etag", "_attachments", "_ts", "_lsn", MARK)


def item_of(
    body: Mapping[str, Any], paths: Sequence[str], key: Sequence[str], mark: str
) -> dict[str, Any]:
    """Return the item: the body, the missing fields of its partition key, and the mark."""
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
    """Return the mark of the commit that wrote the item."""
    mark = item.get(MARK)
    return str(mark[0]) if mark else None
