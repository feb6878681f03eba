"""Customers that have no account number yet: what may be asked for, and what they may not do."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from shared.configuration.domain.features import FeatureOff
from shared.core.errors import Conflict
from shared.core.values import Record

ENHANCED = "enhanced-async-customer-creation"
ADDRESSES = "async-customer-addresses"
EDITS = "edit-customers-asynchronously"


class PendingEditNotAllowed(Conflict):
    """The customer waits for its account number, and the company does not edit such customers."""

    code = "pending-edit-not-allowed"


class Capabilities(Record):
    """What a store may do with the customer now; without an account number, neither."""

    loyalty_card: bool
    sync_order: bool


def capabilities(sync_status: str, status: str) -> Capabilities:
    """Return them. The one place that knows: ask here, not the status."""
    known = sync_status == "Synced" and status == "Active"
    return Capabilities(loyalty_card=known, sync_order=known)


def check_edit(sync_status: str, features: Mapping[str, bool], needed: str) -> None:
    """Raise PendingEditNotAllowed, unless the company has the feature that is needed.

    What could not be synchronized may be edited, or nobody could put it right.
    """
    if sync_status == "PendingSync" and not features.get(needed):
        raise PendingEditNotAllowed(
            f"Its account number is on its way; until then editing it needs {needed}.",
            feature=needed,
        )


class Asked(Protocol):
    """What a create body asks for, as far as it matters here."""

    @property
    def title(self) -> str | None: ...

    @property
    def affiliations(self) -> tuple[str, ...] | None: ...

    @property
    def contacts(self) -> Sequence[Any]: ...

    @property
    def addresses(self) -> Sequence[Any]: ...


def check_asked(new: Asked, features: Mapping[str, bool]) -> None:
    """Raise FeatureOff for what is made asynchronously only with a feature that is off."""
    kinds = [one.kind for one in new.contacts]
    if not features.get(ENHANCED) and (
        new.title or new.affiliations or len(set(kinds)) < len(kinds)
    ):
        raise FeatureOff(
            "To make a customer asynchronously with a title, affiliations or a second e-mail or "
            f"phone takes the feature {ENHANCED}.",
            feature=ENHANCED,
        )
    if not features.get(ADDRESSES) and len(new.addresses) > 1:
        raise FeatureOff(
            f"To make a customer asynchronously with two addresses takes the feature {ADDRESSES}.",
            feature=ADDRESSES,
        )
