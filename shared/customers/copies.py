"""Customers and addresses as others keep copies of them: the answers, and how new they are."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from shared.context import Context
from shared.customers import documents
from shared.customers.domain.customers import CustomerNotFound
from shared.customers.views import stored_address_view, stored_customer_view
from shared.ports.documents import Document

# Computed for the caller, or copied from the addresses, which are rows of their own.
NOT_COPIED: Final = ("displayAccount", "capabilities", "primaryAddress", "addressCount", "etag")
PAGE_SIZE: Final = 100


class CustomerCopy(NamedTuple):
    """A customer as it is answered, of this version; `row` is None once nothing is left of it."""

    version: int
    address_books: tuple[str, ...]
    row: Mapping[str, Any] | None
    modified_at: datetime


class AddressCopy(NamedTuple):
    """An address as it is answered; `version` is the customer's, of the commit that wrote it.

    `row` is None once it is not in force.
    """

    id: str
    version: int
    row: Mapping[str, Any] | None


async def copy_customer(key: str, context: Context) -> CustomerCopy | None:
    """Return the customer, or None. One point read."""
    try:
        document = await documents.read_document(key, context)
    except CustomerNotFound:
        return None
    body = document.body
    view = stored_customer_view(body, context.now)
    is_left = body["status"] != "Erased"
    row = {name: value for name, value in view.items() if name not in NOT_COPIED}
    books = tuple(body.get("addressBooks") or ())
    modified_at = datetime.fromisoformat(body["modifiedAt"])
    return CustomerCopy(
        body["version"], books if is_left else (), row if is_left else None, modified_at
    )


async def copy_address(key: str, address_id: str, context: Context) -> AddressCopy | None:
    """Return the address, or None. One point read."""
    document = await documents.find_address(key, address_id, context)
    return _copy(key, document) if document else None


async def copy_addresses(key: str, context: Context) -> AsyncIterator[AddressCopy]:
    """Yield the addresses in force. One query for each page."""
    continuation: str | None = None
    while True:
        page = await documents.query_addresses(
            key, limit=PAGE_SIZE, continuation=continuation, context=context
        )
        for document in page.documents:
            yield _copy(key, document)
        continuation = page.continuation
        if continuation is None:
            return


def _copy(key: str, document: Document) -> AddressCopy:
    view = stored_address_view(document)
    row = {name: value for name, value in view.items() if name not in NOT_COPIED}
    is_in_force = document.body["type"] == documents.ADDRESS
    version = document.body.get("version", 0)  # older documents have none
    return AddressCopy(view["id"], version, {"customerId": key, **row} if is_in_force else None)
