"""Which applier takes which type of operation."""

from collections.abc import Awaitable, Callable, Mapping

from shared.offline.appliers.address import apply_address
from shared.offline.appliers.consent import apply_consent
from shared.offline.appliers.contact import apply_contact
from shared.offline.appliers.customer import apply_creation, apply_patch
from shared.offline.appliers.note import apply_note
from shared.offline.domain.uploads import OfflineType
from shared.offline.offline_change import OfflineChange

# Each applies the operation and its marker in one commit, and returns the version that it led to.
Applier = Callable[[OfflineChange], Awaitable[int | None]]
APPLIERS: Mapping[OfflineType, Applier] = {
    "create": apply_creation,
    "patch": apply_patch,
    "address": apply_address,
    "contact": apply_contact,
    "consent": apply_consent,
    "note": apply_note,
}
