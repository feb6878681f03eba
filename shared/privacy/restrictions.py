"""Restriction, GDPR Article 18: the data of a customer is kept, and not used."""

from datetime import datetime

from pydantic import Field

from shared.consent.holding_points import hold_points
from shared.context import Context
from shared.core.errors import NotFound
from shared.core.evolve import evolve
from shared.core.retry import ANY
from shared.core.values import Body, LongLine, Record
from shared.customers.change import Decision, change
from shared.customers.domain.customers import WHILE_RESTRICTED, Customer, Restriction


class RestrictionNotFound(NotFound):
    code = "no-restriction"


class NewRestriction(Body):
    """Why the data of a customer must not be used."""

    reason: LongLine = Field(description="Why", examples=["The customer contests the address"])


class RestrictionView(Record):
    """Why the data of a customer is not used, and since when."""

    reason: str = Field(description="Why", examples=["The customer contests the address"])
    restricted_at: datetime = Field(description="Since when")
    restricted_by: str = Field(description="Who said so", examples=["administrator:ada"])


async def restrict(key: str, new: NewRestriction, *, context: Context) -> tuple[Customer, bool]:
    """Restrict a customer; return the customer, and whether that is new.

    Every contact point is held, so that checks say no at once. Raises CustomerNotFound,
    CustomerErased.
    """
    is_new = False

    async def decide(customer: Customer) -> Decision:
        nonlocal is_new
        is_new = not customer.restricted
        since = customer.restriction
        restriction = Restriction(
            reason=new.reason,
            restricted_at=since.restricted_at if since else context.now,
            restricted_by=context.actor,
        )
        after = _touched(customer, context, restricted=True, restriction=restriction)
        return Decision(after, kind="customer.restricted")

    customer = await change(
        key, decide, if_match=ANY, context=context, feature=None, passes=WHILE_RESTRICTED
    )
    await hold_points(customer.value, context)
    return customer.value, is_new


async def end_restriction(key: str, *, context: Context) -> None:
    """Let the data be used again. Raises CustomerNotFound, CustomerErased, RestrictionNotFound."""

    async def decide(customer: Customer) -> Decision:
        if not customer.restricted:
            raise RestrictionNotFound("The customer is not restricted.")
        after = _touched(customer, context, restricted=False, restriction=None)
        return Decision(after, kind="customer.unrestricted")

    customer = await change(
        key, decide, if_match=ANY, context=context, feature=None, passes=WHILE_RESTRICTED
    )
    await hold_points(customer.value, context)


def _touched(
    customer: Customer, context: Context, *, restricted: bool, restriction: Restriction | None
) -> Customer:
    return evolve(
        customer,
        restricted=restricted,
        restriction=restriction,
        modified_at=context.now,
        modified_by=context.actor,
    )
