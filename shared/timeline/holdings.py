"""What the timeline stores about a customer: notes and activities."""

from typing import Final

from shared.customers.holdings.holding import beside_customer
from shared.timeline.documents import ACTIVITY, NOTE

HOLDINGS: Final = (
    beside_customer(NOTE, section="notes"),
    beside_customer(ACTIVITY, section="activities"),
)
