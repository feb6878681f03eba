"""Notes and activities that are older than a policy allows."""

from typing import Final

from shared.customers.holdings.ageing import Ageing, entries_before
from shared.timeline.documents import ACTIVITY, NOTE

AGEING: Final = (
    Ageing("notes", entries_before(NOTE)),
    Ageing("activities", entries_before(ACTIVITY)),
)
