"""The participants in the commit of a customer, in their order: the only list of them."""

from shared.clienteling.participant import LeavingBooks
from shared.consent.recording.participant import ConsentDecisions
from shared.customers.external_ids.participant import ExternalIdClaims
from shared.customers.participants import Participant
from shared.customers.settings_used.participant import SettingsUsed
from shared.sync.participant import SyncOperations

PARTICIPANTS: tuple[Participant, ...] = (
    LeavingBooks(),
    ConsentDecisions(),
    SyncOperations(),
    SettingsUsed(),
    ExternalIdClaims(),
)
