"""Imported values of measures over HTTP, for companies without Customer Insights."""

import azure.functions as func

from functions._http.trigger import Call, NoQuery, Operation, Reply, serve
from shared.configuration.domain.measure_definitions import (
    MeasureImport,
    MeasureNotDefined,
    MeasureValues,
)
from shared.measures.values import put_measure_values

bp = func.Blueprint()


@serve(
    bp,
    Operation("PUT", "measures/{name}", who="AH", returns=MeasureImport, tag="Configuration",
              refuses=(MeasureNotDefined,)),
)  # fmt: skip
async def import_measure(call: Call[NoQuery, MeasureValues]) -> Reply:
    """Import the values of a measure for up to 1,000 customers.

    Other customers keep their values, the same values again change nothing, and customers that do
    not exist, were erased, or are restricted are reported as unknown.
    """
    report = await put_measure_values(call.path["name"], call.body.values, context=call.context)
    return Reply(report)
