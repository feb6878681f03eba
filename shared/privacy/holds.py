"""Holds of a customer: set, listed and ended."""

from datetime import datetime

from shared.context import Context
from shared.core.errors import VersionRequired
from shared.core.retry import ANY, check_version
from shared.core.versioned import Versioned
from shared.customers.change import Decide, Decision, change
from shared.customers.customers import read_customer
from shared.customers.domain.customers import WHILE_RESTRICTED, Customer
from shared.customers.domain.events import FieldChange
from shared.privacy import documents
from shared.privacy.domain.holds import Hold, HoldNotFound, NewHold, check_may_hold


async def put_hold(  # noqa: PLR0913  # a hold is put with what it is held to
    key: str, name: str, new: NewHold, *, if_match: str | None, role: str, context: Context
) -> tuple[Versioned[Hold], bool]:
    """Set a hold; return it, and whether it is new. It is written in the customer's commit, so an
    erasure that starts at the same moment sees it, or is refused.

    Raises CustomerNotFound, CustomerErased, HoldNotAllowed, VersionRequired, Stale.
    """
    check_may_hold(new.kind, role)
    hold = Hold(name=name, **new.model_dump(), set_at=context.now, set_by=context.actor)
    stored: Versioned[Hold] | None = None

    async def decide(customer: Customer) -> Decision:
        nonlocal stored
        stored = await documents.find_hold(key, name, context)
        if stored:
            check_may_hold(stored.value.kind, role)
            if if_match is None:
                raise VersionRequired("Send If-Match with the ETag of the hold that you replace.")
            check_version(stored.etag, if_match)
        elif if_match is not None:
            check_version("", if_match if if_match != ANY else "-")
        write = documents.write_hold(hold, stored.etag if stored else None)
        return Decision(customer, [write], [_change(name, stored, hold)])

    await _change_customer(key, decide, context)
    written = await documents.find_hold(key, name, context)
    return written or Versioned(hold, ""), stored is None


async def remove_hold(key: str, name: str, *, if_match: str, role: str, context: Context) -> None:
    """End a hold. Raises CustomerNotFound, HoldNotFound, HoldNotAllowed, Stale."""

    async def decide(customer: Customer) -> Decision:
        stored = await documents.find_hold(key, name, context)
        if stored is None:
            raise HoldNotFound(f"There is no hold {name}.")
        check_may_hold(stored.value.kind, role)
        check_version(stored.etag, if_match)
        return Decision(customer, [documents.remove_hold(name)], [_change(name, stored, None)])

    await _change_customer(key, decide, context)


async def list_holds(key: str, *, context: Context) -> list[Versioned[Hold]]:
    """Return the holds that last. One read, one query. Raises CustomerNotFound."""
    await read_customer(key, context=context)
    return await holds_at(key, context.now, context)


async def holds_at(key: str, now: datetime, context: Context) -> list[Versioned[Hold]]:
    """Return the holds that last at the moment. One query."""
    holds = await documents.all_holds(key, context)
    return [hold for hold in holds if not hold.value.is_over(now)]


async def _change_customer(key: str, decide: Decide, context: Context) -> None:
    await change(key, decide, if_match=ANY, context=context, feature=None, passes=WHILE_RESTRICTED)


def _change(name: str, before: Versioned[Hold] | None, after: Hold | None) -> FieldChange:
    old = before.value.model_dump(mode="json", by_alias=True) if before else None
    new = after.model_dump(mode="json", by_alias=True) if after else None
    return FieldChange(field=f"holds/{name}", old=old, new=new)
