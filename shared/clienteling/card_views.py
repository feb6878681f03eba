"""Cards as they are answered: with the associate, and the three things worth knowing."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.clienteling.client_books import pair_etag
from shared.clienteling.domain.card_slots import Reader, Shown, Slot, compose
from shared.configuration.domain.attributes import Definitions
from shared.configuration.domain.measure_definitions import MeasureDefinition
from shared.configuration.workers import find_worker
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.formatting import languages, translated
from shared.core.values import Record
from shared.ports.insights import Client

OWN = ("customerId", "accountNumber", "displayAccount", "name", "primaryEmail", "primaryPhone")
State = Literal["off", "ok", "unavailable"]  # of the measures


class Associate(Record):
    personnel_number: str
    name: str | None = None


class CardView(Record):
    """The card of a client. `attributes` are what the associate knows of her."""

    customer_id: str
    account_number: str | None
    display_account: str
    name: str
    primary_email: str | None
    primary_phone: str | None
    slots: tuple[Slot, ...]
    associate: Associate
    added_at: str
    last_activity_at: str | None
    attributes: dict[str, Any]
    etag: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """How cards are wanted: by whom, and of which attributes they may say something."""

    reader: Reader
    definitions: Definitions


async def wanted(accepted: str | None, language: str | None, context: Context) -> Wanted:
    """Return it for a caller with this Accept-Language; `language` is that of her store."""
    company = await context.configuration.company(context.legal_entity)
    parameters = await context.configuration.parameters(context.legal_entity)
    tags = languages(accepted, language or company.language)
    group = parameters.client_book_attribute_group
    definitions = await context.configuration.definitions(context.legal_entity, group)
    return Wanted(Reader(tags, company.currency), definitions)


async def views(
    cards: Sequence[tuple[str, Mapping[str, Any]]], how: Wanted, *, context: Context
) -> tuple[list[CardView], State]:
    """Return the cards, and how it stands with the measures on them.

    Measures are fetched for all of them in one call, and not waited for long.
    """
    clients = [
        Client(card["customerId"], card["accountNumber"], card["measures"]) for _, card in cards
    ]
    measures = await context.measures.page(context.legal_entity, clients)
    names = {one: await _associate(one, context) for one in {associate for associate, _ in cards}}
    shown = [_shown(one, how.reader.tags) for one in measures.definitions]
    found = []
    for associate, card in cards:
        values = measures.values.get(card["customerId"], {})
        known = {**card["customerAttributes"], **card["attributes"]}
        slots = compose(shown, values, how.definitions.values(), known, how.reader)
        found.append(_view(names[associate], card, slots))
    return found, measures.status


def _shown(one: MeasureDefinition, tags: Sequence[str]) -> Shown:
    label = translated(one.translations, tags) or one.label
    return Shown(one.name, label, one.data_type, one.currency)


async def _associate(personnel_number: str, context: Context) -> Associate:
    worker = await find_worker(personnel_number, context)
    return Associate(personnel_number=personnel_number, name=worker.name if worker else None)


def _view(associate: Associate, card: Mapping[str, Any], slots: Sequence[Slot]) -> CardView:
    view = CardView(
        **{name: card[name] for name in OWN},
        slots=tuple(slots),
        associate=associate,
        addedAt=card["addedAt"],
        lastActivityAt=card["lastActivityAt"],
        attributes=card["attributes"],
        etag="",
    )
    # What is shown changes with more than the pair; only the pair is matched by If-Match.
    seen = hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:12]
    return evolve(view, etag=f"{pair_etag(card['pair'])}.{seen}")
