"""Imported values of measures: one small document of each customer, in its own partition."""

import asyncio
from collections.abc import Mapping
from typing import Any

from shared.configuration.domain.collections import MEASURES
from shared.configuration.domain.measure_definitions import (
    MeasureDefinition,
    MeasureImport,
    MeasureNotDefined,
)
from shared.context import Context
from shared.core.errors import Flaw, Invalid
from shared.core.retry import until_not_stale
from shared.customers.customers import read_customer, resolve
from shared.customers.domain.customers import CustomerNotFound
from shared.measures.imported import MEASURES_ID
from shared.ports.documents import Create, Replace
from shared.ports.insights import Value

AT_ONCE = 16


async def put_measure_values(
    name: str, values: Mapping[str, Value], *, context: Context
) -> MeasureImport:
    """Write the values of one measure, side by side; a customer nobody knows is reported.

    The same again writes nothing. Raises MeasureNotDefined, and Invalid before anything is written.
    """
    definition = await _definition(name, context)
    if flaws := _flaws(definition, values):
        raise Invalid(flaws)
    gate = asyncio.Semaphore(AT_ONCE)

    async def put(customer_id: str, value: Value) -> bool | None:
        async with gate:
            return await _put(customer_id, name, value, context)

    written = await asyncio.gather(*(put(*one) for one in values.items()))
    outcomes = zip(values, written, strict=True)
    return MeasureImport(
        written=written.count(True),
        unchanged=written.count(False),
        unknown=[customer_id for customer_id, outcome in outcomes if outcome is None],
    )


async def _definition(name: str, context: Context) -> MeasureDefinition:
    found = await context.configuration.find(context.legal_entity, MEASURES, name)
    if found is None:
        raise MeasureNotDefined(f"There is no {name} among the measures.")
    return found


def _flaws(definition: MeasureDefinition, values: Mapping[str, Value]) -> list[Flaw]:
    detail = f"{definition.name} is of the type {definition.data_type}."
    return [
        Flaw(f"/values/{_escaped(customer_id)}", "wrong-type", detail)
        for customer_id, value in values.items()
        if not definition.takes(value)
    ]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


async def _put(customer_id: str, name: str, value: Value, context: Context) -> bool | None:
    """Tell if the value is new to the customer; None where there is no such customer."""
    try:
        key = await resolve(customer_id, context=context)
        await read_customer(key, context=context)
    except CustomerNotFound:
        return None

    async def attempt() -> bool:
        return await _write(key, name, value, context)

    return await until_not_stale(attempt, turn=("measures", context.legal_entity, key))


async def _write(key: str, name: str, value: Value, context: Context) -> bool:
    place = context.partition(key)
    old = await context.documents.read("customers", place, MEASURES_ID)
    values: dict[str, Any] = dict(old.body["values"]) if old else {}
    if values.get(name) == value:
        return False
    body = {
        "id": MEASURES_ID,
        "type": MEASURES_ID,
        "legalEntity": context.legal_entity,
        "customerId": key,
        "version": old.body["version"] + 1 if old else 1,
        "values": values | {name: value},
    }
    operation = Replace(body, old.etag) if old else Create(body)
    await context.documents.commit("customers", place, [operation])
    return True
