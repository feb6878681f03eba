"""The configuration of the demo company."""

from typing import Any

from local.demo.customers import create_default_customer
from local.demo.settings import SETTINGS, STORES, store_body
from shared.configuration import companies, features, settings
from shared.configuration.domain import collections as col
from shared.configuration.domain.companies import CompanyFields, Parameters
from shared.configuration.domain.features import NEEDS
from shared.context import Context
from shared.core.retry import ANY


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
