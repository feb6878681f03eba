"""What privacy stores about a customer: holds, the erasure itself, and who looked."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from shared.context import Context
from shared.customers.holdings.holding import Body, Found, Holding, beside_customer
from shared.customers.holdings.noted import Noted
from shared.privacy.accesses.documents import ACCESS, CONTAINER
from shared.privacy.documents import ERASURE, HOLD


def _kept(body: Body, _: Noted) -> Body:
    """Leave it as it is: of the erasure its last step takes out what it has noted."""
    return body


async def _find_accesses(noted: Noted, context: Context) -> AsyncIterator[Found]:
    partition = context.partition(noted.customer_id)
    async for document in context.documents.all(CONTAINER, partition):
        yield Found(CONTAINER, partition, document)


def _who_looked(body: Body) -> Mapping[str, Any]:
    """Return the access without the number of the employee, as a customer is shown actors."""
    return {
        "at": body["at"],
        "actor": str(body["actor"]).partition(":")[0],
        "operation": body["operation"],
        "result": body["result"],
    }


HOLDINGS: Final = (
    beside_customer(HOLD, section="holds"),
    # It has ids alone, and is what a company answers for: it ends by its own time.
    Holding(
        CONTAINER,
        frozenset({ACCESS}),
        "verify",
        _find_accesses,
        _kept,
        "accesses",
        _who_looked,
    ),
    beside_customer(ERASURE, step="verify", empty=_kept, section="erasure"),
)
