"""Demo data of clienteling: client books, what associates know, measures, activities and notes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from faker import Faker

from shared.clienteling import client_books
from shared.clienteling.domain.client_books import ClientEdit
from shared.configuration import settings
from shared.configuration.domain import collections as col
from shared.configuration.domain.companies import Parameters
from shared.configuration.domain.measure_definitions import MeasureDefinition
from shared.context import Context
from shared.customers.domain.customers import Customer
from shared.measures.values import put_measure_values
from shared.timeline.activities import add_activity
from shared.timeline.domain.activities import NewActivity
from shared.timeline.domain.notes import NewNote
from shared.timeline.notes import add_note

BOOKS = {"HOUSTON": ("000160", "000137"), "SANFRAN": ("000201",), "ONLINE": ("000301",)}
MEASURES = (
    {"name": "lifetimeValue", "label": "Lifetime value", "dataType": "Currency", "currency": "USD"},
    {"name": "orders", "label": "Orders", "dataType": "Integer"},
)
BRANDS = ("Contoso", "Fabrikam", "Northwind")
NOTES = ("Prefers to be called in the evening", "Looks for a gift in May", "Wears size 7")
CLIENTS = 25  # of each associate


async def fill(made: Sequence[Customer], fake: Faker, context: Context) -> None:
    """Put some customers of each store into the books of its associates."""
    await _measure(made, fake, context)
    for store, associates in BOOKS.items():
        people = [one for one in made if one.store_number == store]
        for index, associate in enumerate(associates):
            clients = people[index * CLIENTS : (index + 1) * CLIENTS]
            await _book(associate, store, clients, fake, context)


async def _measure(made: Sequence[Customer], fake: Faker, context: Context) -> None:
    """Import measures and show them on cards."""
    for body in MEASURES:
        definition = MeasureDefinition.model_validate(body)
        await settings.put_setting(
            col.MEASURES, definition.name, definition, if_match=None, context=context
        )
    orders = {one.id: fake.random_int(0, 30) for one in made}
    values = {key: count * fake.random_int(20, 400) + 0.5 for key, count in orders.items()}
    await put_measure_values("orders", orders, context=context)
    await put_measure_values("lifetimeValue", values, context=context)
    document = await settings.read_parameters(context=context)
    await settings.edit_parameters(_with_measures, if_match=document.etag, context=context)


def _with_measures(old: dict[str, Any]) -> Parameters:
    part = {"enabled": True, "measures": ["lifetimeValue", "orders"]}
    return Parameters.model_validate(old | {"customerInsights": part})


async def _book(
    associate: str, store: str, clients: Sequence[Customer], fake: Faker, context: Context
) -> None:
    mine = replace(context, actor=f"employee:{associate}")
    await client_books.open_book(associate, own=True, context=mine)
    await client_books.add_clients(associate, [one.id for one in clients], context=mine)
    for index, client in enumerate(clients):
        edit = ClientEdit(attributes={"favoriteBrand": fake.random_element(BRANDS)})
        await client_books.edit_client(associate, client.id, edit, version="*", context=mine)
        days = fake.random_int(1, 200)
        visit = NewActivity(
            activity_type=fake.random_element(("StoreVisit", "Phone", "Email")),
            occurred_at=context.now - timedelta(days=days),
            summary="Came to see the new collection",
        )
        await add_activity(client.id, visit, associate=associate, store=store, context=mine)
        if index % 5 == 0:
            note = NewNote(text=fake.random_element(NOTES), pinned=index == 0)
            await add_note(client.id, note, author=associate, store=store, context=mine)
