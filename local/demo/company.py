"""Demo data: a company with its settings and stores, and some hundred customers of Faker."""

import asyncio
import logging
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from faker import Faker

from local.demo import books
from local.demo.customers import create_customers, create_default_customer
from local.demo.settings import SETTINGS, STORES, store_body
from local.folder import Folder
from local.store import choice as stores
from shared.composition.wiring import Backend
from shared.configuration import companies, features, settings
from shared.configuration.domain import collections as col
from shared.configuration.domain.companies import CompanyFields, Parameters
from shared.configuration.domain.features import NEEDS
from shared.context import Context
from shared.core.retry import ANY

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


async def configure(context: Context) -> None:
    """Create the company with its settings, parameters and stores."""
    fields = CompanyFields(name="Contoso Retail USA", currency="USD", language="en-US")
    await companies.put_company(fields, if_match=None, context=context)
    for collection, body in SETTINGS:
        await _put(collection, body, context)
    for name in NEEDS:
        await features.switch_feature(name, enabled=True, if_match=ANY, context=context)
    document = await settings.read_parameters(context=context)
    await settings.edit_parameters(_with_attributes, if_match=document.etag, context=context)
    for row in STORES:
        await _put(col.STORES, store_body(*row), context)
    default_customer = await create_default_customer(context)
    for row in STORES:
        body = store_body(*row) | {"defaultCustomerId": default_customer.id}
        await _put(col.STORES, body, context, if_match="*")


def _with_attributes(old: dict[str, Any]) -> Parameters:
    return Parameters.model_validate(
        old | {"customerAttributeGroup": "Customer", "clientBookAttributeGroup": "ClientBook"}
    )


async def _put(
    collection: col.Collection[Any],
    body: dict[str, Any],
    context: Context,
    if_match: str | None = None,
) -> None:
    setting = collection.model.model_validate(body)
    key = collection.key_of(setting)
    await settings.put_setting(collection, key, setting, if_match=if_match, context=context)
