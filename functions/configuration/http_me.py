"""Who a caller is to the company, over HTTP."""

import hashlib

import azure.functions as func
from pydantic import Field

from functions._http.trigger import Call, NoQuery, Operation, Reply, serve
from shared.configuration.domain.pos_operations import NAMES
from shared.configuration.domain.stores import Worker
from shared.configuration.permissions import EMPLOYEE, operations_of
from shared.configuration.workers import find_worker, stores_of
from shared.core.values import Record

bp = func.Blueprint()


class Me(Record):
    """Who the caller is, and what the company lets the caller do."""

    role: str = Field(description="Role of the token", examples=["Employee"])
    worker: Worker | None = Field(description="Worker of an Employee; null where nobody is known")
    customer_id: str | None = Field(description="Account number or GUID of a Customer")
    stores: list[str] = Field(
        description="Stores of the token, and those that the worker works in",
        examples=[["HOUSTON"]],
    )
    permissions: list[int] = Field(
        description="POS operations that an Employee may perform; of other roles none are asked",
        examples=[[602, 612, 623]],
    )
    features: list[str] = Field(
        description="Features that are switched on", examples=[["Clienteling"]]
    )


@serve(
    bp,
    Operation(
        "GET",
        "me",
        who="ECAH",
        open_to_associates=True,
        returns=Me,
        tag="Configuration",
    ),
)
async def get_me(call: Call[NoQuery, None]) -> Reply:
    """Get who the caller is.

    Role, worker, stores, permissions, and the features that are switched on.
    """
    caller, company = call.caller, call.legal_entity
    worker, stores = None, {caller.store_number}
    permissions = frozenset[int]()
    if caller.role == EMPLOYEE:
        worker = await find_worker(caller.personnel_number, call.context)
        # Who got here without a registration is trusted with all of them.
        permissions = frozenset(NAMES)
    if worker:
        stores |= {store.store_number for store in await stores_of(worker, call.context)}
        permissions = await operations_of(worker, company, call.backend.configuration)
    features = await call.backend.configuration.features(company)
    me = Me(
        role=caller.role,
        worker=worker,
        customer_id=caller.customer_id,
        stores=sorted(number for number in stores if number),
        permissions=sorted(permissions),
        features=sorted(name for name, is_on in features.items() if is_on),
    )
    return Reply(me, etag=hashlib.sha256(me.model_dump_json().encode()).hexdigest()[:20])
