"""What a group may hold of a job: its scope."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from shared.configuration.domain.stores import Store
from shared.distribution.domain.entries import EVERYBODY, SHARDS

CUSTOMERS, ADDRESSES, WORKERS = "customers", "customer-addresses", "workers"
CUSTOMER_TABLES: Final = frozenset({CUSTOMERS, ADDRESSES})
OWN: Final = "customer:"  # in the reach of a customer: for those who hold it whatever its books


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows of `sent`, of the `tables` of a job, whose entries reach one of `reach`.

    A table that is not sent is empty there.
    """

    tables: tuple[str, ...]
    sent: tuple[str, ...]
    reach: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Return what tells whether a chain was built for the same scope."""
        parts = (*sorted(self.tables), "", *sorted(self.sent), "", *self.reach)
        return sha256("\n".join(parts).encode()).hexdigest()[:32]

    @property
    def shards(self) -> tuple[str, ...]:
        """Return the shards in which the rows are."""
        if CUSTOMERS in self.tables:
            return tuple(f"customers:{number}" for number in range(SHARDS))
        return ("settings",)


def scope_of(
    tables: Sequence[str],
    stores: Iterable[Store],
    *,
    excluded: Collection[str],
    filters_customers: bool,
) -> Scope:
    """Return the scope of a group with these stores and online channels.

    Customers reach a group by its customer address books, and its default customers whatever
    their books are; workers by its employee books; everything else reaches everybody.
    """
    hidden = {*excluded, *(CUSTOMER_TABLES if filters_customers else ())}
    reach: set[str] = set()
    for store in stores:
        if CUSTOMERS in tables:
            reach.update(store.customer_address_books)
            if store.default_customer_id:
                reach.add(f"{OWN}{store.default_customer_id}")
        if WORKERS in tables:
            reach.update(store.employee_address_books)
    if not CUSTOMER_TABLES.issuperset(tables):
        reach.add(EVERYBODY)
    sent = tuple(table for table in tables if table not in hidden)
    return Scope(tuple(tables), sent, tuple(sorted(reach)))
