"""What each capability stores about a customer: the list that export and erasure go through."""

from typing import Final

from shared.clienteling.holdings import HOLDINGS as IN_BOOKS
from shared.consent.holdings import AGEING as ENDED
from shared.consent.holdings import HOLDINGS as DECIDED
from shared.customers.holdings.ageing import Ageing
from shared.customers.holdings.holding import Holding
from shared.customers.holdings.own import HOLDINGS as CUSTOMERS
from shared.customers.settings_used.holdings import HOLDINGS as USES
from shared.distribution.holdings import HOLDINGS as INDEXED
from shared.follow_ups.ageing import AGEING as AGED_FOLLOW_UPS
from shared.follow_ups.holdings import HOLDINGS as FOLLOW_UPS
from shared.handovers.holdings import HOLDINGS as PLANNED
from shared.measures.holdings import HOLDINGS as MEASURED
from shared.offline.privacy.holdings import HOLDINGS as UPLOADED
from shared.privacy.holdings import HOLDINGS as HELD
from shared.sync.holdings import AGEING as AGED_OPERATIONS
from shared.sync.holdings import HOLDINGS as SYNCHRONIZED
from shared.timeline.ageing import AGEING as AGED_TIMELINE
from shared.timeline.holdings import HOLDINGS as TIMELINE

AGEING: Final[tuple[Ageing, ...]] = (*AGED_TIMELINE, *AGED_OPERATIONS, *AGED_FOLLOW_UPS, *ENDED)
HOLDINGS: Final[tuple[Holding, ...]] = (
    *CUSTOMERS,
    *USES,
    *DECIDED,
    *SYNCHRONIZED,
    *MEASURED,
    *IN_BOOKS,
    *TIMELINE,
    *PLANNED,
    *FOLLOW_UPS,
    *UPLOADED,
    *INDEXED,
    *HELD,
)
