"""Importing the values of a measure, side by side for many customers."""

import asyncio
from collections.abc import Mapping
from typing import Literal

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
from shared.customers.domain.customers import (
    CustomerErased,
    CustomerNotFound,
    CustomerRestricted,
)
from shared.measures.documents import find_imported, write_imported
from shared.measures.domain.imported import Imported, Value

MAX_PARALLEL_WRITES = 16

Outcome = Literal["written", "unchanged", "unknown"]


async def put_measure_values(
    name: str, values: Mapping[str, Value], *, context: Context
) -> MeasureImport:
    """Write the values of one measure, by GUID or account number of the customer.

    Customers that do not exist are reported; the same values again change nothing. Raises
    MeasureNotDefined, and Invalid before anything is written.
    """
    definition = await _definition(name, context)
    if flaws := _flaws(definition, values):
        raise Invalid(flaws)
    slots = asyncio.Semaphore(MAX_PARALLEL_WRITES)

    async def put(customer_id: str, value: Value) -> Outcome:
        async with slots:
            return await _put(customer_id, name, value, context)

    outcomes = await asyncio.gather(
        *(put(customer_id, value) for customer_id, value in values.items())
    )
    return MeasureImport(
        written=outcomes.count("written"),
        unchanged=outcomes.count("unchanged"),
        unknown=[
            customer_id
            for customer_id, outcome in zip(values, outcomes, strict=True)
            if outcome == "unknown"
        ],
    )


async def _definition(name: str, context: Context) -> MeasureDefinition:
    definition = await context.configuration.find(context.legal_entity, MEASURES, name)
    if definition is None:
        raise MeasureNotDefined(f"There is no {name} among the measures.")
    return definition


def _flaws(definition: MeasureDefinition, values: Mapping[str, Value]) -> list[Flaw]:
    detail = f"{definition.name} is of the type {definition.data_type}."
    return [
        Flaw(f"/values/{_escaped(customer_id)}", "wrong-type", detail)
        for customer_id, value in values.items()
        if not definition.takes(value)
    ]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


async def _put(customer_id: str, name: str, value: Value, context: Context) -> Outcome:
    try:
        key = await resolve(customer_id, context=context)
        (await read_customer(key, context=context)).value.check_open()
    except (CustomerNotFound, CustomerErased, CustomerRestricted):
        return "unknown"

    async def attempt() -> Outcome:
        return await _write(key, name, value, context)

    return await until_not_stale(attempt, turn=context.turn("measures", key))


async def _write(key: str, name: str, value: Value, context: Context) -> Outcome:
    stored = await find_imported(context.documents, context.legal_entity, key)
    imported = stored.value if stored else Imported()
    changed = imported.with_value(name, value)
    if changed is imported:
        return "unchanged"
    await write_imported(key, changed, stored.etag if stored else None, context)
    return "written"
