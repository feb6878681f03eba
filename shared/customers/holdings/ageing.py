"""What is not kept for ever: how a capability finds what is older than a policy allows."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.context import Context
from shared.core.values import as_text
from shared.customers.holdings.holding import CUSTOMERS, Body, Found
from shared.ports.documents import Equal, Range

FindAged = Callable[[str, datetime, Context], AsyncIterator[Found]]


def removed(_body: Body) -> Body | None:
    """Leave nothing of the document."""
    return None


@dataclass(frozen=True, slots=True)
class Ageing:
    """A class of data that a retention policy can be about.

    `find` yields what is older than a moment, at one customer, or in one book as `of` says.
    `empty` returns what stays of a document; None if nothing does.
    """

    data_class: str
    find: FindAged
    of: Literal["customer", "book"] = "customer"
    empty: Callable[[Body], Body | None] = removed


def entries_before(document_type: str) -> FindAged:
    """Return a finder of entries of the timeline that are of a type, and about an older moment."""

    async def find(key: str, before: datetime, context: Context) -> AsyncIterator[Found]:
        partition = context.partition(key)
        conditions = (Equal("type", document_type), Range("at", end=as_text(before)))
        async for document in context.documents.all(CUSTOMERS, partition, *conditions):
            yield Found(CUSTOMERS, partition, document)

    return find
