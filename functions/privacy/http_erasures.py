"""Erasures over HTTP."""

from http import HTTPStatus

import azure.functions as func

from functions._customer import REFUSES, customer_key
from functions._http.trigger import Call, NoQuery, Operation, Reply, serve
from shared.composition.holdings import HOLDINGS
from shared.core.errors import Stale
from shared.core.versioned import Versioned
from shared.privacy.domain.erasures import (
    Erasure,
    ErasureBlocked,
    ErasureNotFound,
    ErasureStarted,
    ErasureView,
    NewErasure,
)
from shared.privacy.erasing import requesting as usecases
from shared.privacy.erasing.looking_again import read_newest

bp = func.Blueprint()

ERASURE = "customers/{customerId}/erasure"


@serve(
    bp,
    Operation(
        "POST",
        ERASURE,
        who="H",
        returns=ErasureView,
        status=202,
        tag="Privacy",
        refuses=(*REFUSES, ErasureBlocked, Stale),
    ),
)
async def request_erasure(call: Call[NoQuery, NewErasure]) -> Reply:
    """Start the erasure of a customer.

    It begins after some days, a parameter of the company, and can be canceled until then; from now
    on nothing may be sent to the contact points. Asked again, the answer is the same. Where
    something keeps the data, 409 lists what in `blockers`.
    """
    key = await customer_key(call)
    erasure = await usecases.request_erasure(key, call.body, context=call.context)
    reply = _reply(erasure)
    reply.status, reply.location = HTTPStatus.ACCEPTED, call.url("customers", key, "erasure")
    return reply


@serve(
    bp,
    Operation(
        "GET",
        ERASURE,
        who="H",
        returns=ErasureView,
        tag="Privacy",
        refuses=(*REFUSES, ErasureNotFound),
    ),
)
async def get_erasure(call: Call[NoQuery, None]) -> Reply:
    """Get how far the erasure of a customer has come.

    With its steps, and the certificate once it is completed. The certificate lists the channels
    that may have held the customer, and when each had applied that they are gone.
    """
    key = await customer_key(call)
    return _reply(await read_newest(key, holdings=HOLDINGS, context=call.context))


@serve(
    bp,
    Operation(
        "DELETE",
        ERASURE,
        who="H",
        status=204,
        if_match="required",
        tag="Privacy",
        refuses=(*REFUSES, ErasureNotFound, ErasureStarted),
    ),
)
async def cancel_erasure(call: Call[NoQuery, None]) -> Reply:
    """Remove the request for an erasure, before it has begun.

    Everything is as before.
    """
    key = await customer_key(call)
    await usecases.cancel_erasure(key, if_match=call.version, context=call.context)
    return Reply()


def _reply(erasure: Versioned[Erasure]) -> Reply:
    view = {name: getattr(erasure.value, name) for name in ErasureView.model_fields}
    return Reply(ErasureView(**view), etag=erasure.etag)
