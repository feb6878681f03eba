"""The measures of the demo company, shown on the cards of clients."""

from collections.abc import Sequence
from typing import Any

from faker import Faker

from shared.configuration import settings
from shared.configuration.domain import collections as col
from shared.configuration.domain.companies import Parameters
from shared.configuration.domain.measure_definitions import MeasureDefinition
from shared.context import Context
from shared.customers.domain.customers import Customer
from shared.measures.values import put_measure_values

MEASURES = (
    {"name": "lifetimeValue", "label": "Lifetime value", "dataType": "Currency", "currency": "USD"},
    {"name": "orders", "label": "Orders", "dataType": "Integer"},
)


async def import_measures(customers: Sequence[Customer], fake: Faker, context: Context) -> None:
    """Import values of each customer and show them on cards."""
    for body in MEASURES:
        definition = MeasureDefinition.model_validate(body)
        await settings.put_setting(
            col.MEASURES, definition.name, definition, if_match=None, context=context
        )
    orders = {customer.id: fake.random_int(0, 30) for customer in customers}
    values = {key: count * fake.random_int(20, 400) + 0.5 for key, count in orders.items()}
    await put_measure_values("orders", orders, context=context)
    await put_measure_values("lifetimeValue", values, context=context)
    document = await settings.read_parameters(context=context)
    await settings.edit_parameters(_with_measures, if_match=document.etag, context=context)


def _with_measures(parameters: dict[str, Any]) -> Parameters:
    customer_insights = {"enabled": True, "measures": ["lifetimeValue", "orders"]}
    return Parameters.model_validate(parameters | {"customerInsights": customer_insights})
