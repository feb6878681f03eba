"""Events as documents, written in the commit of the change that they tell of."""

from collections.abc import Iterable
from typing import Any

from shared.context import Context
from shared.core.values import as_text
from shared.customers.documents import address_fields, customer_document, customer_view
from shared.customers.domain.addresses import Address
from shared.customers.domain.customers import Customer
from shared.customers.domain.events import (
    KEPT,
    CustomerChange,
    FieldChange,
    differences,
    event_of,
    type_of,
)
from shared.ports.documents import Create

EVENT = "event"


def telling(
    before: Customer | None, after: Customer, parts: Iterable[FieldChange], context: Context
) -> Create:
    """Return what writes the event of this version; `parts` changed outside the customer itself."""
    old = customer_view(customer_document(before)) if before else None
    change = CustomerChange(
        legal_entity=after.legal_entity,
        customer_id=after.id,
        account_number=after.account_number,
        version=after.version,
        actor=context.actor,
        changes=(*differences(old, customer_view(customer_document(after))), *parts),
    )
    kind = type_of(before, after)
    body: dict[str, Any] = {
        "id": f"{EVENT}:{after.version:012d}",
        "type": EVENT,
        "createdAt": as_text(context.now),
        "event": event_of(kind, change, context.now, context.traceparent).model_dump(
            mode="json", by_alias=True
        ),
        "ttl": KEPT,
    }
    return Create(body)


def address_change(old: Address | None, new: Address) -> FieldChange:
    return FieldChange(
        field=f"addresses/{new.id}",
        old=address_fields(old) if old else None,
        new=address_fields(new),
    )
