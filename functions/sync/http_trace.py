"""Where a customer is, over HTTP."""

import azure.functions as func

from functions._customer import REFUSES, customer_key
from functions._http.trigger import Call, NoQuery, Operation, Reply, serve
from shared.sync.trace import Trace, trace_customer

bp = func.Blueprint()


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}/trace",
        who="EAH",
        returns=Trace,
        tag="Synchronization",
        refuses=REFUSES,
    ),
)
async def trace_one_customer(call: Call[NoQuery, None]) -> Reply:
    """Get how far the newest version of a customer has come.

    Whether it was committed, relayed to subscribers, converted and added to the directory, and
    by how many seconds a step is late.
    """
    trace = await trace_customer(await customer_key(call), context=call.context)
    return Reply(trace.value, etag=trace.etag)
