"""Cards as they are answered: with the associate, and the three things worth knowing."""

import hashlib
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field

from shared.clienteling.cards.documents import CardDocument
from shared.clienteling.cards.pages import FoundCard
from shared.clienteling.domain.card_slots import Marketing, Reader, Slot, compose, labeled
from shared.clienteling.domain.client_books import pair_etag
from shared.configuration.domain.attributes import Definitions
from shared.configuration.workers import find_worker
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.language.formatting import languages
from shared.core.values import Record
from shared.customers.domain.customer_record import PENDING_ACCOUNT
from shared.ports.insights import Client

MeasuresStatus = Literal["off", "ok", "unavailable"]


class Associate(Record):
    """The worker to whom a client book belongs."""

    personnel_number: str = Field(description="Personnel number of the worker", examples=["000160"])
    name: str | None = Field(
        None, description="Name of the worker, if the company knows it", examples=["Tricia Fejfar"]
    )


class CardView(Record):
    """The card of a client in a client book."""

    customer_id: str = Field(
        description="GUID of the customer", examples=["5b0c2f0e-3f0b-4d8e-9a55-1c9f6f2f7a10"]
    )
    account_number: str | None = Field(
        description="Account number; null until the customer has one", examples=["004021"]
    )
    display_account: str = Field(
        description="Account number, or a text that says that it is pending", examples=["004021"]
    )
    name: str = Field(description="Name of the customer", examples=["Karen Berg"])
    primary_email: str | None = Field(
        description="Primary e-mail address", examples=["karen@contoso.com"]
    )
    primary_phone: str | None = Field(description="Primary phone number", examples=["+14255550100"])
    marketing: Marketing = Field(description="Decisions about marketing in force")
    slots: tuple[Slot, ...] = Field(
        description="At most three things worth knowing: measures first, then attributes"
    )
    associate: Associate = Field(description="The associate in whose book the client is")
    added_at: str = Field(
        description="When the client was added to the book", examples=["2026-11-24T09:30:00Z"]
    )
    last_activity_at: str | None = Field(
        description="When the latest activity with the client was",
        examples=["2026-11-25T16:00:00Z"],
    )
    attributes: dict[str, Any] = Field(
        description="What the associate knows of the client, by attribute",
        examples=[{"favoriteBrand": "Contoso"}],
    )
    etag: str = Field(description="Version of the card, for If-Match", examples=["pair-3.0f1e2d3c"])


class Rendering(NamedTuple):
    """For whom cards are rendered, and which attributes of the pair they may show."""

    reader: Reader
    definitions: Definitions


class RenderedCards(NamedTuple):
    """The cards as answered, and the state of the measures on them."""

    cards: Sequence[CardView]
    measures: MeasuresStatus


async def rendering_for(
    accept_language: str | None, store_language: str | None, context: Context
) -> Rendering:
    """Return the rendering for a caller with this Accept-Language, who works in that store."""
    company = await context.configuration.company(context.legal_entity)
    parameters = await context.configuration.parameters(context.legal_entity)
    tags = languages(accept_language, store_language or company.language)
    group = parameters.client_book_attribute_group
    definitions = await context.configuration.definitions(context.legal_entity, group)
    return Rendering(Reader(tags, company.currency), definitions)


async def render_cards(
    found: Sequence[FoundCard], rendering: Rendering, *, context: Context
) -> RenderedCards:
    """Return the cards as answered.

    The measures of all of them are fetched in one call, which is not waited for long.
    """
    clients = [
        Client(card["customerId"], card["accountNumber"], card["measures"]) for _, card in found
    ]
    measures = await context.measures.page(context.legal_entity, clients)
    associates = {
        number: await _associate(number, context)
        for number in {associate for associate, _ in found}
    }
    shown = [labeled(definition, rendering.reader.tags) for definition in measures.definitions]
    views = []
    for associate, card in found:
        values = measures.values.get(card["customerId"], {})
        attributes = {**card["customerAttributes"], **card["attributes"]}
        slots = compose(shown, values, rendering.definitions.values(), attributes, rendering.reader)
        views.append(_view(associates[associate], card, slots))
    return RenderedCards(views, measures.status)


async def _associate(personnel_number: str, context: Context) -> Associate:
    worker = await find_worker(personnel_number, context)
    return Associate(personnel_number=personnel_number, name=worker.name if worker else None)


def _view(associate: Associate, card: CardDocument, slots: Sequence[Slot]) -> CardView:
    view = CardView(
        customer_id=card["customerId"],
        account_number=card["accountNumber"],
        display_account=card["accountNumber"] or PENDING_ACCOUNT,
        name=card["name"],
        marketing=Marketing.model_validate(card["marketing"]),
        primary_email=card["primaryEmail"],
        primary_phone=card["primaryPhone"],
        slots=tuple(slots),
        associate=associate,
        added_at=card["addedAt"],
        last_activity_at=card["lastActivityAt"],
        attributes=card["attributes"],
        etag="",
    )
    # What is shown changes with more than the pair; only the pair is matched by If-Match.
    shown = hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:12]
    return evolve(view, etag=f"{pair_etag(card['pair'])}.{shown}")
