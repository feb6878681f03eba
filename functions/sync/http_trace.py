"""Where a customer is, over HTTP."""

from datetime import timedelta
from typing import Annotated

import azure.functions as func
from pydantic import Field

from functions._customer import REFUSES, customer_key
from functions._http.trigger import CUSTOMER_READ, Call, Operation, Query, Reply, serve
from shared.configuration.domain.stores import ChannelNotFound
from shared.distribution.runs.jobs import read_job
from shared.distribution.tracing import (
    JOB,
    ChannelTrace,
    indexed_step,
    look_at,
    trace_channels,
)
from shared.sync.trace import Trace, trace_customer

bp = func.Blueprint()


class TraceQuery(Query):
    channel: Annotated[
        str | None,
        Field(description="Store or online channel; the first twenty if left out"),
    ] = None


class CustomerTrace(Trace):
    """The steps of the newest version of a customer, also on the way to each channel."""

    channels: Annotated[
        tuple[ChannelTrace, ...],
        Field(description="Channels, at most twenty; those first that may hold the customer."),
    ]


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}/trace",
        who="EAH",
        pos_operation=CUSTOMER_READ,
        returns=CustomerTrace,
        tag="Synchronization",
        refuses=(*REFUSES, ChannelNotFound),
    ),
)
async def trace_one_customer(call: Call[TraceQuery, None]) -> Reply:
    """Get how far the newest version of a customer has come.

    Whether it was committed, relayed to subscribers, converted, added to the directory and to the
    index of changes, and by how many seconds a step is late; and for each channel whether it was
    packaged, downloaded and applied, or why not.
    """
    context = call.context
    trace = await trace_customer(await customer_key(call), context=context)
    known = trace.value
    parameters = await call.backend.configuration.parameters(call.legal_entity)
    looking = await look_at(
        known.customer_id,
        known.version,
        await read_job(JOB, context),
        timedelta(seconds=parameters.download_every_seconds),
        context,
    )
    whole = CustomerTrace(
        **known.model_dump(exclude={"steps"}),
        steps=(*known.steps, indexed_step(looking, known.steps[0].at or context.now)),
        channels=tuple(await trace_channels(looking, call.query.channel)),
    )
    return Reply(whole, etag=trace.etag)
