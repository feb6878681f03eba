"""Who works where: the employee address books of workers against those of stores."""

from shared.configuration.domain import collections as col
from shared.configuration.domain.stores import Store, Worker
from shared.context import Context
from shared.ports.documents import Contains

PAGE = 500


async def find_worker(personnel_number: str, context: Context) -> Worker | None:
    return await context.configuration.find(context.legal_entity, col.WORKERS, personnel_number)


async def works_in(personnel_number: str, store: Store, context: Context) -> bool:
    """Tell whether the worker's address books meet the store's."""
    worker = await find_worker(personnel_number, context)
    return bool(worker and set(worker.employee_address_books) & set(store.employee_address_books))


async def associates_of(store: Store, context: Context) -> tuple[Worker, ...]:
    """Return who works in the store, and who has left. One query, remembered."""
    return await context.configuration.derived(
        context.legal_entity, "associates", store.store_number, lambda: _associates(store, context)
    )


async def _associates(store: Store, context: Context) -> tuple[Worker, ...]:
    books = tuple(f"address-books/{name}" for name in store.employee_address_books)
    if not books:
        return ()
    found: list[Worker] = []
    continuation: str | None = None
    while True:
        page = await context.documents.query(
            "settings",
            context.partition(col.WORKERS.name),
            Contains("names", books),
            limit=PAGE,
            continuation=continuation,
        )
        found += [Worker.model_validate(one.body["setting"]) for one in page.documents]
        continuation = page.continuation
        if continuation is None:
            return tuple(sorted(found, key=lambda one: one.personnel_number))


async def first_store(worker: Worker, context: Context) -> Store | None:
    """Return the first store that the worker works in, by number. One query, remembered."""
    books = tuple(sorted(worker.employee_address_books))
    return await context.configuration.derived(
        context.legal_entity, "first-store", "/".join(books), lambda: _first_store(books, context)
    )


async def _first_store(books: tuple[str, ...], context: Context) -> Store | None:
    if not books:
        return None
    continuation: str | None = None
    while True:
        page = await context.documents.query(
            "settings",
            context.partition(col.STORES.name),
            Contains("names", tuple(f"address-books/{name}" for name in books)),
            limit=PAGE,
            continuation=continuation,
        )
        stores = [Store.model_validate(one.body["setting"]) for one in page.documents]
        # A store names the address books of its customers too.
        found = next((one for one in stores if set(books) & set(one.employee_address_books)), None)
        continuation = page.continuation
        if found or continuation is None:
            return found
