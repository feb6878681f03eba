"""The clients of one book by what happened, or did not happen, to them."""

from collections.abc import AsyncIterator
from datetime import date, datetime

from shared.clienteling.cards.conditions import (
    card_conditions,
    last_active_before,
    near_day,
    never_active_and_added_before,
)
from shared.clienteling.cards.documents import CardDocument, all_cards, cards_in_pages, value_of
from shared.clienteling.domain.near_dates import days_within
from shared.context import Context
from shared.core.values import as_text

Client = CardDocument
Pages = AsyncIterator[list[Client]]


def all_clients(personnel_number: str, *, context: Context) -> AsyncIterator[Client]:
    """Yield the cards of a book, by customer. A query for each 500."""
    return all_cards(personnel_number, card_conditions((), context.now.date()), context)


def date_of(client: Client, attribute: str) -> date:
    """Return the value of an attribute that is a date."""
    return date.fromisoformat(str(value_of(client, attribute)))


def clients_with_date_near(
    personnel_number: str, attribute: str, *, today: date, days: int, context: Context
) -> Pages:
    """Yield the clients of a book whose date has its anniversary within so many days, in pages."""
    conditions = near_day(attribute, days_within(today, days))
    return cards_in_pages(personnel_number, conditions, context)


def clients_last_active_before(
    personnel_number: str, moment: datetime, *, context: Context
) -> Pages:
    """Yield the clients of a book who were active, but not since the moment, in pages."""
    return cards_in_pages(personnel_number, last_active_before(as_text(moment)), context)


def clients_never_active(
    personnel_number: str, added_before: datetime, *, context: Context
) -> Pages:
    """Yield the clients of a book who were added before the moment and never active, in pages."""
    conditions = never_active_and_added_before(as_text(added_before))
    return cards_in_pages(personnel_number, conditions, context)
