"""Which workers work in which store: their employee address books have one in common."""

from shared.configuration import documents
from shared.configuration.domain.collections import ADDRESS_BOOKS, STORES, WORKERS
from shared.configuration.domain.stores import NotYourStore, Store, Worker
from shared.configuration.permissions import EMPLOYEE
from shared.context import Context
from shared.ports.tokens import Claims


async def find_worker(personnel_number: str | None, context: Context) -> Worker | None:
    if personnel_number is None:
        return None
    return await context.configuration.find(context.legal_entity, WORKERS, personnel_number)


async def works_in(personnel_number: str, store: Store, context: Context) -> bool:
    """Return whether the worker and the store have an address book in common."""
    worker = await find_worker(personnel_number, context)
    return bool(worker and set(worker.employee_address_books) & set(store.employee_address_books))


async def check_store(claims: Claims, store_number: str, context: Context) -> None:
    """Admit an employee to the store that the token names, and to those where the worker works.

    Other roles have no store; one that the company has not is left to who looks for it. Raises
    NotYourStore.
    """
    if claims.role != EMPLOYEE or claims.store_number == store_number:
        return
    store = await context.configuration.find(context.legal_entity, STORES, store_number)
    number = claims.personnel_number
    if store and not (number and await works_in(number, store, context)):
        raise NotYourStore(f"You do not work in the store {store_number}.")


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
    return next(iter(await stores_of(worker, context)), None)


async def stores_of(worker: Worker, context: Context) -> tuple[Store, ...]:
    """Return the stores that the worker works in, by number. One query, cached."""
    books = tuple(sorted(worker.employee_address_books))
    return await context.configuration.derived(
        context.legal_entity, "stores-of", "/".join(books), lambda: _stores_of(books, context)
    )


async def _stores_of(books: tuple[str, ...], context: Context) -> tuple[Store, ...]:
    if not books:
        return ()
    stores = documents.all_settings(
        context.documents, context.legal_entity, STORES, naming=(ADDRESS_BOOKS.name, books)
    )
    # A store names the address books of its customers too.
    found = [store async for store in stores if set(books) & set(store.employee_address_books)]
    return tuple(sorted(found, key=lambda store: store.store_number))
