"""What measures store about a customer: values that were imported."""

from typing import Final

from shared.customers.holdings.holding import beside_customer
from shared.measures.documents import MEASURES

HOLDINGS: Final = (beside_customer(MEASURES, section="measures"),)
