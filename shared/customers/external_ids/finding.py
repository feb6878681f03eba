"""Finding the customer who has an external id."""

from typing import Any

from shared.context import Context
from shared.customers import documents as customers
from shared.customers.domain.customers import CustomerNotFound
from shared.customers.domain.directory import line
from shared.customers.external_ids import documents
from shared.customers.external_ids.claiming import external_ids_of
from shared.customers.external_ids.documents import ExternalId


async def find_by_external_id(
    external_id: ExternalId, *, books: tuple[str, ...] | None, context: Context
) -> list[dict[str, Any]]:
    """Return the active customer who has it, as a line of a search; nobody else is found.

    Two point reads. `books` narrows to customers in one of these address books.
    """
    claim = await documents.find_claim(external_id.name(context), context)
    if claim is None:
        return []
    try:
        customer = (await customers.load(claim.customer_id, context)).value
    except CustomerNotFound:
        return []
    is_local = books is None or not set(books).isdisjoint(customer.address_books)
    if customer.status != "Active" or external_id not in external_ids_of(customer) or not is_local:
        return []
    match = {"field": "externalId", "value": external_id.value, "term": str(external_id)}
    return [line(customer) | {"match": [match]}]
