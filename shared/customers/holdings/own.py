"""What customers themselves store: record, addresses, events, and the entries of the directory."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from shared.context import Context
from shared.customers import documents
from shared.customers.directory import documents as directory
from shared.customers.external_ids import documents as external
from shared.customers.holdings.holding import Body, Found, Holding, beside_customer, of_partition
from shared.customers.holdings.noted import Noted


def _stub(body: Body, _: Noted) -> Body:
    """Leave the record: the first step has emptied it."""
    return body


def _without_values(body: Body, noted: Noted) -> Body:
    """Leave the event, so that versions have no gap, without any value.

    What follows from it names contact points by their hashes from then on.
    """
    event = body["event"]
    data = event["data"] | {"changes": []}
    hashes = {(point.kind, point.normal): point.hash for point in noted.points}
    return dict(body) | {
        "event": event | {"data": data},
        "notes": _hidden(body.get("notes", {}), hashes),
    }


def _hidden(value: Any, hashes: Mapping[tuple[str, str], str]) -> Any:
    if isinstance(value, list):
        return [_hidden(item, hashes) for item in value]
    if not isinstance(value, dict):
        return value
    if (name := hashes.get((value.get("kind", ""), value.get("normal", "")))) is not None:
        return value | {"normal": "", "hash": name}
    return {key: _hidden(item, hashes) for key, item in value.items()}


def _event(body: Body) -> Any:
    return body["event"]


async def _find_entries(noted: Noted, context: Context) -> AsyncIterator[Found]:
    """Yield the entries of the directory that are still there, and the place in the list."""
    for ref in noted.refs:
        bucket, _, entry_id = ref.partition("\t")
        partition = context.partition(bucket)
        if document := await context.documents.read(directory.CONTAINER, partition, entry_id):
            yield Found(directory.CONTAINER, partition, document)
    listing = await directory.read_listing(noted.created_at, noted.customer_id, context)
    if listing:
        partition = directory.listing_partition(context.legal_entity, noted.created_at)
        yield Found(directory.CONTAINER, partition, listing)


async def _find_claims(noted: Noted, context: Context) -> AsyncIterator[Found]:
    """Yield what keeps external ids for the customer."""
    for name in noted.external_ids:
        document = await external.find_document(name, context)
        if document and document.body["customerId"] == noted.customer_id:
            yield Found(directory.CONTAINER, external.partition_of(name, context), document)


HOLDINGS: Final = (
    Holding(
        documents.CONTAINER,
        frozenset({documents.CUSTOMER}),
        "freeze",
        of_partition(documents.CUSTOMER),
        _stub,
    ),
    beside_customer(documents.ADDRESS, section="addresses"),
    beside_customer(documents.ENDED_ADDRESS, section="addresses"),
    Holding(
        documents.CONTAINER,
        frozenset({documents.EVENT}),
        "partition",
        of_partition(documents.EVENT),
        _without_values,
        "events",
        _event,
    ),
    Holding(directory.CONTAINER, frozenset({"entry", "listing"}), "directory", _find_entries),
    Holding(directory.CONTAINER, frozenset({external.CLAIM}), "directory", _find_claims),
    beside_customer(external.FENCE),
)
