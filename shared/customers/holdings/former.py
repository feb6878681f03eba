"""What a customer was before: its former versions, read back from its events."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic.alias_generators import to_snake

from shared.context import Context
from shared.core.errors import Invalid
from shared.customers.documents import customer_document
from shared.customers.domain.customers import Customer
from shared.customers.domain.directory import address_words
from shared.customers.domain.normal_forms import normalize
from shared.customers.external_ids.claiming import external_ids_of

ADDRESSES: Final = "addresses/"


def former_versions(customer: Customer, events: Sequence[Mapping[str, Any]]) -> list[Customer]:
    """Return the versions that the events lead back to, as far as search shows them."""
    versions: list[Customer] = []
    body = customer_document(customer)
    for event in sorted(events, key=lambda event: event["data"]["version"], reverse=True):
        body = _before(body, event["data"]["changes"])
        try:
            versions.append(Customer.model_validate(body))
        except ValidationError:
            return versions  # the customer was created with it
    return versions


def names_of_external_ids(customer: Customer, context: Context) -> frozenset[str]:
    """Return the hashes by which the external ids of the customer are kept."""
    return frozenset(one.name(context) for one in external_ids_of(customer))


def _before(body: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the customer before these changes."""
    before = dict(body)
    for change in changes:
        field, old = change["field"], change["old"]
        if field.startswith(ADDRESSES):
            before["indexedAddresses"] = _with_address(before, field, old)
        elif field == "contacts":
            before[field] = [contact | {"normal": _normal(contact, body)} for contact in old or ()]
        elif to_snake(field) in Customer.model_fields:
            before[field] = old
    return before


def _normal(contact: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    """Return the normal form, which events do not tell: that of a later version, if it has one."""
    kind, value = contact["kind"], contact["value"]
    for known in after["contacts"]:
        if (known["kind"], known["value"]) == (kind, value):
            normal: str | None = known["normal"]
            return normal
    try:
        return normalize(kind, value, (after["primaryAddress"] or {}).get("country"), "")
    except Invalid:
        return None


def _with_address(
    body: Mapping[str, Any], field: str, old: Mapping[str, Any] | None
) -> dict[str, str]:
    addresses = dict(body["indexedAddresses"])
    if old:
        words = address_words(old.get("street"), old.get("city"), old.get("postalCode"))
        addresses[field.removeprefix(ADDRESSES)] = words
    return addresses
