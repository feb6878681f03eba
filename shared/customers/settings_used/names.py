"""Which settings a customer names, in the record and in addresses."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from shared.configuration.domain import collections as col
from shared.configuration.domain.collections import Use
from shared.configuration.uses.noting import Named
from shared.context import Context
from shared.customers import documents
from shared.customers.domain.addresses import DEFAULT_PURPOSES
from shared.customers.domain.customers import Customer
from shared.customers.domain.events import FieldChange
from shared.ports.documents import Equal, In

ADDRESSES: Final = "addresses/"  # how the change of an address begins


def named_by(customer: Customer | None) -> Iterator[Named]:
    """Yield the settings that the record names, and where; none for who was erased."""
    if customer is None or customer.status == "Erased":
        return
    for pointer, collection, name in (
        ("/storeNumber", col.STORES, customer.store_number),
        ("/customerGroup", col.CUSTOMER_GROUPS, customer.customer_group),
        ("/title", col.TITLES, customer.title),
    ):
        if name is not None:
            yield Named(Use(collection.name, name), pointer)
    yield from _listed("/affiliations", col.AFFILIATIONS, customer.affiliations)
    yield from _listed("/addressBooks", col.ADDRESS_BOOKS, customer.address_books)


def purposes_in(parts: Iterable[FieldChange]) -> Iterator[Named]:
    """Yield the purposes that addresses get by these changes."""
    for part in parts:
        if part.field.startswith(ADDRESSES) and part.new:
            purpose = part.new["purpose"]
            if not part.old or part.old["purpose"] != purpose:
                yield Named(Use(col.ADDRESS_PURPOSES.name, purpose), "/purpose")


async def record_names(collection: str, key: str, name: str, context: Context) -> bool:
    """Return whether the record of a customer names the setting. One point read."""
    customer = await documents.find_newest(key, context)
    return Use(collection, name) in {named.use for named in named_by(customer)}


async def address_names(key: str, name: str, context: Context) -> bool:
    """Return whether an address has the purpose, or had it to its end. One query."""
    page = await context.documents.query(
        documents.CONTAINER,
        context.partition(key),
        In("type", (documents.ADDRESS, documents.ENDED_ADDRESS)),
        Equal("purpose", name),
        limit=1,
        newest=True,
    )
    return bool(page.documents)


async def is_default_purpose(name: str, _: Context) -> bool:
    """Return whether addresses get the purpose that are given none."""
    return name in DEFAULT_PURPOSES


def _listed(pointer: str, collection: col.Collection[Any], names: Iterable[str]) -> Iterator[Named]:
    for index, name in enumerate(names):
        yield Named(Use(collection.name, name), f"{pointer}/{index}")
