"""Events for other systems: one for each version of a customer.

The envelope is CloudEvents 1.0 in JSON. An event is written together with its change, so none is
lost; one that is delivered twice has the same id.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from shared.core.values import Record
from shared.customers.domain.addresses import Address
from shared.customers.domain.customer_record import CustomerRecord
from shared.customers.domain.customers import Customer

EventType = Literal[
    "customer.created",
    "customer.changed",
    "customer.deactivated",
    "customer.restored",
    "customer.converted",
    "customer.sync-failed",
    "customer.consented",
    "customer.restricted",
    "customer.unrestricted",
    "customer.exported",
    "customer.erasure-requested",
    "customer.erasure-canceled",
    "customer.erased",
]
MEANINGS: dict[EventType, str] = {
    "customer.created": "A customer was created; each field with a value is a change from null.",
    "customer.changed": "Fields, contacts or addresses of a customer changed.",
    "customer.deactivated": "A customer left search and client books; the record is kept.",
    "customer.restored": "A deactivated customer is active again.",
    "customer.converted": "A pending customer has an account number from now on.",
    "customer.sync-failed": "A pending customer cannot get an account number until corrected.",
    "customer.consented": "A customer decided about consent, and nothing else changed.",
    "customer.restricted": "The data of a customer is kept, and not used from now on.",
    "customer.unrestricted": "The data of a customer may be used again.",
    "customer.exported": "Somebody exported what is stored about a customer.",
    "customer.erasure-requested": "A customer is to be erased.",
    "customer.erasure-canceled": "A customer is not to be erased after all.",
    "customer.erased": "A customer was erased; who has copies should erase them, too.",
}
SYNCED_AS: dict[str, EventType] = {
    "Synced": "customer.converted",
    "SyncFailed": "customer.sync-failed",
}
RETENTION_SECONDS = 7 * 86400
# The event itself says which customer, which version, and who changed it when.
NOT_COMPARED = frozenset(
    {
        "id",
        "legal_entity",
        "version",
        "ledger",
        "created_at",
        "created_by",
        "modified_at",
        "modified_by",
    }
)
COMPARED = tuple(name for name in CustomerRecord.model_fields if name not in NOT_COMPARED)


class FieldChange(Record):
    """A field that was changed, with its old and new value."""

    field: str = Field(
        description="Name of the field, or `addresses/` and the id of an address",
        examples=["firstName"],
    )
    old: Any = Field(
        None, description="Value before the change; null if there was none", examples=["Karen"]
    )
    new: Any = Field(
        None, description="Value after the change; null if there is none", examples=["Carin"]
    )


class CustomerChange(Record):
    """Which version of which customer this is, who made it, and how it differs from the last.

    `account_number` is null as long as the customer has none.
    """

    legal_entity: str
    customer_id: str
    account_number: str | None
    version: int
    actor: str
    changes: tuple[FieldChange, ...]


class Event(Record):
    """A CloudEvents 1.0 envelope. `subject` is the customer's GUID, whose events come in order.

    `traceparent` is the extension for distributed tracing: the request that made the change.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: EventType
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = Field(default=None, exclude_if=lambda value: value is None)
    data: CustomerChange


def differences(before: Customer | None, after: Customer) -> list[FieldChange]:
    """Return the fields, as they are answered, in which two versions of a customer differ."""
    names = [name for name in COMPARED if _value(before, name) != _value(after, name)]
    old, new = _answered(before, names), _answered(after, names)
    return [FieldChange(field=name, old=old.get(name), new=value) for name, value in new.items()]


def _value(customer: Customer | None, name: str) -> Any:
    """Return the value of a field; one that is empty is no other than none at all."""
    return getattr(customer, name, None) or None


def _answered(customer: Customer | None, names: Iterable[str]) -> dict[str, Any]:
    if customer is None:
        return {}
    return customer.model_dump(
        mode="json",
        by_alias=True,
        include=set(names),
        exclude={"contacts": {"__all__": {"normal", "consents", "consent_until"}}},
    )


def address_change(before: Address | None, after: Address) -> FieldChange:
    """Return the change of one address, as it is answered."""
    return FieldChange(
        field=f"addresses/{after.id}",
        old=before.model_dump(mode="json", by_alias=True) if before else None,
        new=after.model_dump(mode="json", by_alias=True),
    )


def _but_consent(customer: CustomerRecord) -> list[Any]:
    """Return what is compared of a customer, without what contact points show of consent."""
    fields = [getattr(customer, name) for name in COMPARED if name != "contacts"]
    return [*fields, [(one.id, one.value, one.purpose, one.primary) for one in customer.contacts]]


def type_of(
    before: CustomerRecord | None, after: CustomerRecord, parts: Sequence[FieldChange] = ()
) -> EventType:
    """Return the type of the event for the step from one version to the next.

    `parts` are what it changed beside the customer.
    """
    if before is None:
        return "customer.created"
    if before.sync_status != after.sync_status and after.sync_status in SYNCED_AS:
        return SYNCED_AS[after.sync_status]
    if before.status == after.status:
        is_alike = before.ledger != after.ledger and _but_consent(before) == _but_consent(after)
        return "customer.consented" if is_alike and not parts else "customer.changed"
    return "customer.restored" if after.status == "Active" else "customer.deactivated"


def event_of(
    kind: EventType, change: CustomerChange, time: datetime, traceparent: str | None = None
) -> Event:
    """Return the event; its id follows from the version, so that a repeated one is recognized."""
    return Event(
        id=f"{change.customer_id}:{change.version}",
        source=f"/libro/{change.legal_entity}",
        type=kind,
        subject=change.customer_id,
        time=time,
        traceparent=traceparent,
        data=change,
    )
