"""Holds and restrictions of a customer over HTTP."""

from http import HTTPStatus
from typing import Any

import azure.functions as func

from functions._customer import REFUSES, customer_key
from functions._http.problems import NoSuchResource
from functions._http.trigger import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from shared.core.errors import Stale
from shared.core.versioned import Versioned
from shared.customers.domain.customers import CustomerErased
from shared.ports.documents import can_be_id
from shared.privacy import holds as usecases
from shared.privacy.domain.holds import Hold, HoldNotAllowed, HoldNotFound, NewHold
from shared.privacy.restrictions import (
    NewRestriction,
    RestrictionNotFound,
    RestrictionView,
    end_restriction,
    restrict,
)

bp = func.Blueprint()

HOLDS = "customers/{customerId}/holds"
HOLD = f"{HOLDS}/{{name}}"
RESTRICTION = "customers/{customerId}/restriction"


@serve(
    bp,
    Operation("GET", HOLDS, who="HA", returns=PageOf[Hold], tag="Privacy", refuses=REFUSES),
)
async def list_holds(call: Call[PageQuery, None]) -> Reply:
    """List the holds of a customer.

    Those that last: a hold ends by itself at its `until`.
    """
    holds = await usecases.list_holds(await customer_key(call), context=call.context)
    return Reply(call.slice([_item(hold) for hold in holds]))


@serve(
    bp,
    Operation(
        "PUT",
        HOLD,
        who="HA",
        returns=Hold,
        also=(201,),
        if_match="allowed",
        tag="Privacy",
        refuses=(*REFUSES, CustomerErased, HoldNotAllowed, NoSuchResource),
    ),
)
async def put_hold(call: Call[NoQuery, NewHold]) -> Reply:
    """Create or replace a hold of a customer.

    As long as it lasts, nothing of the customer is erased. Applications say that business is open;
    a legal hold is for administrators.
    """
    name = call.path["name"]
    if not can_be_id(f"hold:{name}"):
        raise NoSuchResource("No hold can have this name.")
    hold, is_new = await usecases.put_hold(
        await customer_key(call),
        name,
        call.body,
        if_match=call.if_match,
        role=call.caller.role,
        context=call.context,
    )
    return Reply(hold.value, status=HTTPStatus.CREATED if is_new else HTTPStatus.OK, etag=hold.etag)


@serve(
    bp,
    Operation(
        "DELETE",
        HOLD,
        who="HA",
        status=204,
        if_match="required",
        tag="Privacy",
        refuses=(*REFUSES, CustomerErased, HoldNotAllowed, HoldNotFound),
    ),
)
async def remove_hold(call: Call[NoQuery, None]) -> Reply:
    """Remove a hold of a customer.

    What it has kept can be erased then.
    """
    await usecases.remove_hold(
        await customer_key(call),
        call.path["name"],
        if_match=call.version,
        role=call.caller.role,
        context=call.context,
    )
    return Reply()


@serve(
    bp,
    Operation(
        "PUT",
        RESTRICTION,
        who="H",
        returns=RestrictionView,
        also=(201,),
        tag="Privacy",
        refuses=(*REFUSES, CustomerErased, Stale),
    ),
)
async def put_restriction(call: Call[NoQuery, NewRestriction]) -> Reply:
    """Create or replace the restriction of a customer: GDPR, Article 18.

    The data is kept, and not used: nothing may be sent, and nothing is changed but what the law
    and the customer ask for. Withdrawals are taken.
    """
    customer, is_new = await restrict(await customer_key(call), call.body, context=call.context)
    restriction = customer.restriction
    view = RestrictionView(**restriction.model_dump()) if restriction else None
    return Reply(view, status=HTTPStatus.CREATED if is_new else HTTPStatus.OK)


@serve(
    bp,
    Operation(
        "DELETE",
        RESTRICTION,
        who="H",
        status=204,
        tag="Privacy",
        refuses=(*REFUSES, CustomerErased, RestrictionNotFound, Stale),
    ),
)
async def remove_restriction(call: Call[NoQuery, None]) -> Reply:
    """Remove the restriction of a customer.

    The data may be used again.
    """
    await end_restriction(await customer_key(call), context=call.context)
    return Reply()


def _item(hold: Versioned[Hold]) -> dict[str, Any]:
    return hold.value.model_dump(mode="json", by_alias=True) | {"etag": hold.etag}
