"""Which workers work in which store: their employee address books have one in common."""

from shared.configuration import documents
from shared.configuration.domain.collections import ADDRESS_BOOKS, STORES, WORKERS
from shared.configuration.domain.stores import Store, Worker
from shared.context import Context


async def find_worker(personnel_number: str, context: Context) -> Worker | None:
    return await context.configuration.find(context.legal_entity, WORKERS, personnel_number)


async def works_in(personnel_number: str, store: Store, context: Context) -> bool:
    """Return whether the worker and the store have an address book in common."""
    worker = await find_worker(personnel_number, context)
    return bool(worker and set(worker.employee_address_books) & set(store.employee_address_books))


async def associates_of(store: Store, context: Context) -> tuple[Worker, ...]:
    """Return the workers of the store, those who have left too. One query, cached."""
    return await context.configuration.derived(
        context.legal_entity, "associates", store.store_number, lambda: _associates(store, context)
    )


async def _associates(store: Store, context: Context) -> tuple[Worker, ...]:
    books = store.employee_address_books
    if not books:
        return ()
    workers = documents.all_settings(
        context.documents, context.legal_entity, WORKERS, naming=(ADDRESS_BOOKS.name, books)
    )
    associates = [worker async for worker in workers]
    return tuple(sorted(associates, key=lambda worker: worker.personnel_number))


async def first_store(worker: Worker, context: Context) -> Store | None:
    """Return the first store that the worker works in, by number. One query, cached."""
    books = tuple(sorted(worker.employee_address_books))
    return await context.configuration.derived(
        context.legal_entity, "first-store", "/".join(books), lambda: _first_store(books, context)
    )


async def _first_store(books: tuple[str, ...], context: Context) -> Store | None:
    if not books:
        return None
    stores = documents.all_settings(
        context.documents, context.legal_entity, STORES, naming=(ADDRESS_BOOKS.name, books)
    )
    async for store in stores:
        # A store names the address books of its customers too.
        if set(books) & set(store.employee_address_books):
            return store
    return None
