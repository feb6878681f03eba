"""Demo data of clienteling: client books, what associates know, measures, activities and notes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from faker import Faker

from shared.domain import collections as col
from shared.domain.activities import NewActivity
from shared.domain.client_books import ClientEdit
from shared.domain.companies import Parameters
from shared.domain.customers import Customer
from shared.domain.measures import MeasureDefinition
from shared.domain.notes import NewNote
from shared.usecases import client_books, settings
from shared.usecases.activities import add_activity
from shared.usecases.errand import Errand
from shared.usecases.measure_values import put_measure_values
from shared.usecases.notes import add_note

BOOKS = {"HOUSTON": ("000160", "000137"), "SANFRAN": ("000201",), "ONLINE": ("000301",)}
MEASURES = (
    {"name": "lifetimeValue", "label": "Lifetime value", "dataType": "Currency", "currency": "USD"},
    {"name": "orders", "label": "Orders", "dataType": "Integer"},
)
BRANDS = ("Contoso", "Fabrikam", "Northwind")
NOTES = ("Prefers to be called in the evening", "Looks for a gift in May", "Wears size 7")
CLIENTS = 25  # of each associate


async def fill(made: Sequence[Customer], fake: Faker, errand: Errand) -> None:
    """Put some customers of each store into the books of its associates."""
    await _measure(made, fake, errand)
    for store, associates in BOOKS.items():
        people = [one for one in made if one.store_number == store]
        for index, associate in enumerate(associates):
            clients = people[index * CLIENTS : (index + 1) * CLIENTS]
            await _book(associate, store, clients, fake, errand)


async def _measure(made: Sequence[Customer], fake: Faker, errand: Errand) -> None:
    """Import measures and show them on cards."""
    for body in MEASURES:
        definition = MeasureDefinition.model_validate(body)
        await settings.put_setting(
            col.MEASURES, definition.name, definition, if_match=None, errand=errand
        )
    orders = {one.id: fake.random_int(0, 30) for one in made}
    values = {key: count * fake.random_int(20, 400) + 0.5 for key, count in orders.items()}
    await put_measure_values("orders", orders, errand=errand)
    await put_measure_values("lifetimeValue", values, errand=errand)
    document = await settings.read_parameters(errand=errand)
    await settings.edit_parameters(_with_measures, if_match=document.etag, errand=errand)


def _with_measures(old: dict[str, Any]) -> Parameters:
    part = {"enabled": True, "measures": ["lifetimeValue", "orders"]}
    return Parameters.model_validate(old | {"customerInsights": part})


async def _book(
    associate: str, store: str, clients: Sequence[Customer], fake: Faker, errand: Errand
) -> None:
    mine = replace(errand, actor=f"employee:{associate}")
    await client_books.open_book(associate, own=True, errand=mine)
    await client_books.add_clients(associate, [one.id for one in clients], errand=mine)
    for index, client in enumerate(clients):
        edit = ClientEdit(attributes={"favoriteBrand": fake.random_element(BRANDS)})
        await client_books.edit_client(associate, client.id, edit, version="*", errand=mine)
        days = fake.random_int(1, 200)
        visit = NewActivity(
            activity_type=fake.random_element(("StoreVisit", "Phone", "Email")),
            occurred_at=errand.now - timedelta(days=days),
            summary="Came to see the new collection",
        )
        await add_activity(client.id, visit, associate=associate, store=store, errand=mine)
        if index % 5 == 0:
            note = NewNote(text=fake.random_element(NOTES), pinned=index == 0)
            await add_note(client.id, note, author=associate, store=store, errand=mine)
