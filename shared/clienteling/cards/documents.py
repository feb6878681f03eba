"""The cards of a book as documents: the only place that knows how they are stored and found.

Sort keys are text that ends with the customer's GUID, so that no two are alike and a page can
begin exactly behind another. Attributes may have any name, so paths have the codes of its letters.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypedDict

from shared.clienteling.cards.conditions import CARD, IS_CARD, SortKey
from shared.clienteling.documents import BOOKS
from shared.clienteling.domain.cards import (
    END,
    days_of_year,
    encoded,
    name_key,
    sort_key,
)
from shared.clienteling.domain.client_books import Holder, Membership
from shared.context import Context
from shared.core.upgrades import Upgrade, upgrade
from shared.core.values import Attributes, AttributeValue, as_text
from shared.core.versioned import Versioned
from shared.customers.domain.contacts import primary, primary_decision
from shared.customers.domain.customers import Customer
from shared.ports.documents import ID_ORDER, Condition, Create, Order, Replace

GONE_CARD: Final = "card-gone"  # a type of its own, so that lists need not skip them
GONE_CARD_RETENTION_SECONDS: Final = 7 * 86400  # how late a late writer may come
SCHEMA_VERSION: Final = 3
SCAN_PAGE_SIZE: Final = 500
PAGE_SIZE: Final = 100


def _without_display_account(body: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 stored a value that is computed now."""
    return {name: value for name, value in body.items() if name != "displayAccount"}


def _with_marketing(body: Mapping[str, Any]) -> dict[str, Any]:
    """Version 2 did not show decisions about marketing; they come with the next projection."""
    return dict(body) | {"marketing": {"email": None, "phone": None}}


UPGRADES: Mapping[int, Upgrade] = {1: _without_display_account, 2: _with_marketing}


class CardVersions(NamedTuple):
    """The versions of what a card is made of. One that is gone is made of the membership alone."""

    customer: int
    membership: int
    measures: int

    def is_newer_than(self, other: "CardVersions") -> bool:
        """Return whether any source of a card of the version `other` is outdated by these."""
        gone = other.customer == 0
        return self.membership > other.membership or (
            not gone and (self.customer > other.customer or self.measures > other.measures)
        )


class CardDocument(TypedDict):
    """A card as stored: what it shows, and by which it is sorted and found.

    `sort`, `values` and `days` are by the encoded names of attributes.
    """

    id: str
    type: str
    schemaVersion: int
    customerId: str
    accountNumber: str | None
    name: str
    primaryEmail: str | None
    primaryPhone: str | None
    marketing: dict[str, str | None]
    addedAt: str
    lastActivityAt: str | None
    attributes: Attributes
    customerAttributes: Attributes
    measures: dict[str, Any]
    holders: list[str]
    pair: int
    versions: list[int]
    sort: dict[str, str]
    values: dict[str, AttributeValue]
    days: dict[str, str]


class GoneCard(TypedDict):
    """What remains of a card for a while, so that no late writer brings it back."""

    id: str
    type: str
    schemaVersion: int
    ttl: int
    versions: list[int]


def card_document(
    customer: Customer,
    membership: Membership,
    holder: Holder,
    measures: Mapping[str, Any],
    measures_version: int = 0,
) -> CardDocument:
    """Return the card as its sources have it."""
    attributes = holder.attributes
    visible = {**customer.attributes, **attributes}
    activity = membership.last_activity_at
    return {
        "id": card_id(customer.id),
        "type": CARD,
        "schemaVersion": SCHEMA_VERSION,
        "customerId": customer.id,
        "accountNumber": customer.account_number,
        "name": customer.name,
        "primaryEmail": primary(customer.contacts, "email"),
        "primaryPhone": primary(customer.contacts, "phone"),
        "marketing": {
            "email": primary_decision(customer.contacts, "email"),
            "phone": primary_decision(customer.contacts, "phone"),
        },
        "addedAt": as_text(holder.added_at),
        "lastActivityAt": as_text(activity) if activity else None,
        "attributes": dict(attributes),
        "customerAttributes": dict(customer.attributes),
        "measures": dict(measures),
        "holders": [each.personnel_number for each in membership.holders],
        "pair": holder.version,
        "versions": [customer.version, membership.version, measures_version],
        "sort": {
            "name": f"{name_key(customer.name)}{END}{customer.id}",
            "addedAt": f"{as_text(holder.added_at)}{END}{customer.id}",
            "lastActivityAt": f"{as_text(activity) if activity else ''}{END}{customer.id}",
            **_attribute_keys(visible, customer.id),
        },
        "values": {encoded(name): value for name, value in visible.items() if value is not None},
        "days": {encoded(name): day for name, day in days_of_year(visible)},
    }


def _attribute_keys(attributes: Attributes, key: str) -> dict[str, str]:
    return {
        encoded(name): f"{sort_key(value)}{END}{key}"
        for name, value in attributes.items()
        if value is not None
    }


def gone_card(key: str, membership: Membership) -> GoneCard:
    return {
        "id": card_id(key),
        "type": GONE_CARD,
        "schemaVersion": SCHEMA_VERSION,
        "ttl": GONE_CARD_RETENTION_SECONDS,
        "versions": [0, membership.version, 0],
    }


def versions_of(body: Mapping[str, object]) -> CardVersions:
    versions: list[int] = body["versions"]  # type: ignore[assignment]
    return CardVersions(*versions)


def key_of(card: CardDocument, key: SortKey) -> str:
    """Return the key by which the card is sorted."""
    return card["sort"][key.name]


def value_of(card: CardDocument, attribute: str) -> AttributeValue:
    return card["values"].get(encoded(attribute))


def card_id(key: str) -> str:
    return f"{CARD}:{key}"


async def load_card(
    document_id: str, associate: str, context: Context
) -> Versioned[dict[str, Any]] | None:
    """Return the card, or what remains of it. One point read."""
    partition = context.partition(associate)
    document = await context.documents.read(BOOKS, partition, document_id)
    if document is None:
        return None
    return Versioned(upgrade(document.body, UPGRADES, SCHEMA_VERSION), document.etag)


async def find_card(key: str, associate: str, context: Context) -> CardDocument | None:
    """Return the card of a customer who is in this book. One point read."""
    stored = await load_card(card_id(key), associate, context)
    return _card(stored.value) if stored and stored.value["type"] == CARD else None


async def write_card(
    body: CardDocument | GoneCard,
    stored: Versioned[dict[str, Any]] | None,
    associate: str,
    context: Context,
) -> None:
    """Write over exactly the stored card. Raises Stale, AlreadyExists."""
    write = Replace(body, stored.etag) if stored else Create(body)
    await context.documents.commit(BOOKS, context.partition(associate), [write])


async def all_cards(
    associate: str, conditions: Sequence[Condition], context: Context
) -> AsyncIterator[CardDocument]:
    """Yield the cards of a book that meet the conditions, by customer. A query for each 500."""
    documents = context.documents.all(
        BOOKS, context.partition(associate), *conditions, order=ID_ORDER, page_size=SCAN_PAGE_SIZE
    )
    async for document in documents:
        yield _card(document.body)


async def cards_in_pages(
    associate: str, conditions: Sequence[Condition], context: Context
) -> AsyncIterator[list[CardDocument]]:
    """Yield the cards of a book that meet the conditions, in lists of at most 100."""
    cards: list[CardDocument] = []
    documents = context.documents.all(
        BOOKS, context.partition(associate), *conditions, page_size=PAGE_SIZE
    )
    async for document in documents:
        cards.append(_card(document.body))
        if len(cards) == PAGE_SIZE:
            yield cards
            cards = []
    if cards:
        yield cards


async def has_card(associate: str, conditions: Sequence[Condition], context: Context) -> bool:
    """Return whether a card of the book meets the conditions. One query."""
    page = await context.documents.query(
        BOOKS, context.partition(associate), *conditions, order=ID_ORDER, limit=1
    )
    return bool(page.documents)


async def is_empty(associate: str, context: Context) -> bool:
    """Return whether the book has no client. One query."""
    return not await has_card(associate, [IS_CARD], context)


async def first_cards(
    associate: str,
    conditions: Sequence[Condition],
    order: Order,
    *,
    count: int,
    context: Context,
) -> list[CardDocument]:
    """Return the first cards of a book that meet the conditions. One query, or more."""
    documents = context.documents.all(
        BOOKS, context.partition(associate), *conditions, order=order, page_size=count
    )
    cards: list[CardDocument] = []
    async for document in documents:
        cards.append(_card(document.body))
        if len(cards) >= count:
            break
    return cards


def _card(body: dict[str, Any]) -> CardDocument:
    card: CardDocument = upgrade(body, UPGRADES, SCHEMA_VERSION)  # type: ignore[assignment]
    return card
