"""Demo data of clienteling: client books with attributes, activities and notes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from faker import Faker

from local.demo.measures import import_measures
from shared.clienteling import client_books
from shared.clienteling import clients as usecases
from shared.clienteling.domain.client_books import ClientEdit
from shared.context import Context
from shared.customers.domain.customers import Customer
from shared.timeline.activities import add_activity
from shared.timeline.domain.activities import NewActivity
from shared.timeline.domain.notes import NewNote
from shared.timeline.notes import add_note

BOOKS = {"HOUSTON": ("000160", "000137"), "SANFRAN": ("000201",), "ONLINE": ("000301",)}
BRANDS = ("Contoso", "Fabrikam", "Northwind")
NOTES = ("Prefers to be called in the evening", "Looks for a gift in May", "Wears size 7")
CLIENTS_PER_BOOK = 25


async def fill(customers: Sequence[Customer], fake: Faker, context: Context) -> None:
    """Add some customers of each store to the client books of its associates."""
    await import_measures(customers, fake, context)
    for store, associates in BOOKS.items():
        customers_of_store = [customer for customer in customers if customer.store_number == store]
        for index, associate in enumerate(associates):
            clients = customers_of_store[index * CLIENTS_PER_BOOK : (index + 1) * CLIENTS_PER_BOOK]
            await _fill_book(associate, store, clients, fake, context)


async def _fill_book(
    associate: str, store: str, clients: Sequence[Customer], fake: Faker, context: Context
) -> None:
    as_associate = replace(context, actor=f"employee:{associate}")
    await client_books.open_book(associate, own=True, context=as_associate)
    await usecases.add_clients(associate, [client.id for client in clients], context=as_associate)
    for index, client in enumerate(clients):
        edit = ClientEdit(attributes={"favoriteBrand": fake.random_element(BRANDS)})
        await usecases.edit_client(associate, client.id, edit, if_match="*", context=as_associate)
        days_ago = fake.random_int(1, 200)
        visit = NewActivity(
            activity_type=fake.random_element(("StoreVisit", "Phone", "Email")),
            occurred_at=context.now - timedelta(days=days_ago),
            summary="Looked at the new collection",
        )
        await add_activity(client.id, visit, associate=associate, store=store, context=as_associate)
        if index % 5 == 0:
            note = NewNote(text=fake.random_element(NOTES), pinned=index == 0)
            await add_note(client.id, note, author=associate, store=store, context=as_associate)
