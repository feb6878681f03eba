"""The card of a client as it is kept in a book: a copy of what others keep, ready to be listed.

Sort keys are text that ends with the customer's GUID, so that no two are alike and a page can
begin exactly behind another. Attributes may be called anything, so in paths they go by their
letters' codes.
"""

import math
import re
import struct
from collections.abc import Mapping
from typing import Any

from shared.clienteling.domain.client_books import Holder, Membership
from shared.core.values import AttributeValue, as_text
from shared.core.words import fold
from shared.customers.domain.contacts import primary
from shared.customers.domain.customers import Customer

CARD = "card"
DATE = re.compile(r"\d{4}-(\d{2}-\d{2})")
END = "\x1f"  # between a sort key and the GUID; sorts before every letter
LONGEST_KEY = 100  # characters of a text that it is sorted by


def card_document(
    customer: Customer,
    membership: Membership,
    holder: Holder,
    measures: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the card as its sources have it."""
    attributes = holder.attributes
    known = {**customer.attributes, **attributes}
    activity = membership.last_activity_at
    return {
        "id": card_id(customer.id),
        "type": CARD,
        "customerId": customer.id,
        "accountNumber": customer.account_number,
        "displayAccount": customer.display_account,
        "name": customer.name,
        "primaryEmail": primary(customer.contacts, "email"),
        "primaryPhone": primary(customer.contacts, "phone"),
        "addedAt": as_text(holder.added_at),
        "lastActivityAt": as_text(activity) if activity else None,
        "attributes": dict(attributes),
        "customerAttributes": dict(customer.attributes),
        "measures": dict(measures),
        "holders": [one.personnel_number for one in membership.holders],
        "pair": holder.version,
        "sort": {
            "name": f"{fold(customer.name)[:LONGEST_KEY]}{END}{customer.id}",
            "addedAt": f"{as_text(holder.added_at)}{END}{customer.id}",
            "lastActivityAt": f"{as_text(activity) if activity else ''}{END}{customer.id}",
            **_sort_keys(known, customer.id),
        },
        "values": {encoded(name): value for name, value in known.items() if value is not None},
        "days": {encoded(name): match[1] for name, match in _dates(known)},
    }


def gone_document(key: str, membership: Membership, kept: int) -> dict[str, Any]:
    """Return what stands for a card that is no more, so that no late writer brings it back."""
    body = {"id": card_id(key), "type": f"{CARD}-gone", "ttl": kept}
    return body | {"versions": [0, membership.version, 0]}


def card_id(key: str) -> str:
    return f"{CARD}:{key}"


def encoded(attribute: str) -> str:
    """Return how the attribute is called in a path."""
    return "f" + attribute.encode().hex()


def sort_key(value: AttributeValue) -> str:
    """Return text that sorts as the values do; of several values the first counts."""
    if isinstance(value, list):
        value = min(value) if value else ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return _sortable(float(value))
    return fold(str(value))[:LONGEST_KEY]


def _sortable(number: float) -> str:
    """Return the bits of the number so that they sort as it does: the sign turned, then all."""
    [bits] = struct.unpack(">Q", struct.pack(">d", number + 0.0))
    turned = bits ^ (0xFFFFFFFFFFFFFFFF if math.copysign(1, number + 0.0) < 0 else 1 << 63)
    return f"{turned:016x}"


def _sort_keys(known: Mapping[str, AttributeValue], key: str) -> dict[str, str]:
    return {
        encoded(name): f"{sort_key(value)}{END}{key}"
        for name, value in known.items()
        if value is not None
    }


def _dates(known: Mapping[str, AttributeValue]) -> list[tuple[str, re.Match[str]]]:
    found = [
        (name, DATE.fullmatch(value)) for name, value in known.items() if isinstance(value, str)
    ]
    return [(name, match) for name, match in found if match]
