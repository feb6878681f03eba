"""Who works where: the employee address books of workers against those of stores."""

from shared.domain import collections as col
from shared.domain.stores import Store, Worker
from shared.ports import Contains
from shared.usecases.errand import Errand

PAGE = 500


async def find_worker(personnel_number: str, errand: Errand) -> Worker | None:
    return await errand.configuration.find(errand.legal_entity, col.WORKERS, personnel_number)


async def works_in(personnel_number: str, store: Store, errand: Errand) -> bool:
    """Tell whether the worker's address books meet the store's."""
    worker = await find_worker(personnel_number, errand)
    return bool(worker and set(worker.employee_address_books) & set(store.employee_address_books))


async def associates_of(store: Store, errand: Errand) -> tuple[Worker, ...]:
    """Return who works in the store, and who has left. One query, remembered."""
    return await errand.configuration.worked_out(
        errand.legal_entity, "associates", store.store_number, lambda: _associates(store, errand)
    )


async def _associates(store: Store, errand: Errand) -> tuple[Worker, ...]:
    books = tuple(f"address-books/{name}" for name in store.employee_address_books)
    if not books:
        return ()
    found: list[Worker] = []
    continuation: str | None = None
    while True:
        page = await errand.documents.query(
            "settings",
            errand.place(col.WORKERS.name),
            Contains("names", books),
            limit=PAGE,
            continuation=continuation,
        )
        found += [Worker.model_validate(one.body["setting"]) for one in page.documents]
        continuation = page.continuation
        if continuation is None:
            return tuple(sorted(found, key=lambda one: one.personnel_number))


async def first_store(worker: Worker, errand: Errand) -> Store | None:
    """Return the first store that the worker works in, by number. One query, remembered."""
    books = tuple(sorted(worker.employee_address_books))
    return await errand.configuration.worked_out(
        errand.legal_entity, "first-store", "/".join(books), lambda: _first_store(books, errand)
    )


async def _first_store(books: tuple[str, ...], errand: Errand) -> Store | None:
    if not books:
        return None
    continuation: str | None = None
    while True:
        page = await errand.documents.query(
            "settings",
            errand.place(col.STORES.name),
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
