"""Demo data: a company with its settings and stores, and some hundred customers of Faker."""

import asyncio
import logging
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from faker import Faker

from local.demo import books
from local.demo.configuration import configure
from local.demo.customers import create_customers
from local.folder import Folder
from local.store import choice as stores
from shared.composition.wiring import Backend
from shared.configuration import companies

log = logging.getLogger(__name__)

COMPANY = "USRT"
CUSTOMERS = 200
SEED = 4021


def fill(folder: Folder, store: str) -> None:
    """Fill an empty store; a store that holds data is left unchanged."""
    if store != "sqlite":
        asyncio.run(_fill(folder, store))
    elif not folder.database.exists():
        _fill_file(folder)


def _fill_file(folder: Folder) -> None:
    """Create the complete file or none."""
    draft = Folder(folder.path / "demo-in-progress")
    for left_over in draft.path.glob("libro.db*"):
        left_over.unlink()
    asyncio.run(_fill(draft, "sqlite"))
    draft.database.replace(folder.database)
    shutil.rmtree(draft.path)


async def _fill(folder: Folder, store: str) -> None:
    async with stores.STORES[store](folder) as documents:
        if COMPANY in await companies.every_company(documents):
            return
        log.info("Creating demo data ...")
        await _create(folder.backend(documents))
        log.info("%d customers created", CUSTOMERS)


async def _create(backend: Backend) -> None:
    now = datetime.now(UTC)
    context = backend.context(COMPANY, "application:demo", now - timedelta(hours=CUSTOMERS + 1))
    await configure(context)
    fake = Faker("en_US")
    fake.seed_instance(SEED)
    customers = await create_customers(CUSTOMERS, fake, context)
    await books.fill(customers, fake, replace(context, now=now))


__all__ = ["COMPANY", "configure", "fill"]
