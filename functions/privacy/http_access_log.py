"""Who looked at a customer, over HTTP."""

import azure.functions as func

from functions._customer import REFUSES, customer_key
from functions._http.trigger import Call, Operation, PageOf, PageQuery, Reply, serve
from shared.privacy.accesses.documents import Access, query

bp = func.Blueprint()


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}/access-log",
        who="H",
        returns=PageOf[Access],
        tag="Privacy",
        refuses=REFUSES,
    ),
)
async def get_access_log(call: Call[PageQuery, None]) -> Reply:
    """List who looked at a customer, or changed one, newest first.

    Requests about this one customer, by employees, applications and administrators; each shows
    within two seconds. Lists and searches in which the customer came are not among them.
    """
    key = await customer_key(call)
    page = await query(key, call.query.limit, call.position(), call.context)
    items = [access.model_dump(mode="json", by_alias=True) for access in page.accesses]
    return Reply(call.page(items, page.continuation))
