"""What privacy stores about a customer: holds, and the erasure itself."""

from typing import Final

from shared.customers.holdings.holding import Body, beside_customer
from shared.customers.holdings.noted import Noted
from shared.privacy.documents import ERASURE, HOLD


def _kept(body: Body, _: Noted) -> Body:
    """Leave the erasure: its last step takes out what it has noted."""
    return body


HOLDINGS: Final = (
    beside_customer(HOLD, section="holds"),
    beside_customer(ERASURE, step="verify", empty=_kept, section="erasure"),
)
