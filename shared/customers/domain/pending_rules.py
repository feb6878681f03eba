"""Customers without an account number yet: what may be requested, and what they may not do."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import Field

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
    """What a store may do with the customer now: nothing of it without an account number."""

    loyalty_card: bool = Field(
        description="Whether a loyalty card can be issued to the customer", examples=[True]
    )
    sync_order: bool = Field(
        description="Whether an order of the customer can be synchronized at once", examples=[True]
    )


def capabilities(sync_status: str, status: str) -> Capabilities:
    """Return what a store may do with the customer: the one place that decides it."""
    complete = sync_status == "Synced" and status == "Active"
    return Capabilities(loyalty_card=complete, sync_order=complete)


def check_edit(sync_status: str, features: Mapping[str, bool], needed: str) -> None:
    """Raise PendingEditNotAllowed, unless the company has the feature that is needed.

    A customer that could not be synchronized may be edited, so that it can be corrected.
    """
    if sync_status == "PendingSync" and not features.get(needed):
        raise PendingEditNotAllowed(
            f"The account number follows shortly; until then an edit needs the feature {needed}.",
            feature=needed,
        )


class Requested(Protocol):
    """The part of a create body that these rules look at."""

    @property
    def title(self) -> str | None: ...

    @property
    def affiliations(self) -> tuple[str, ...] | None: ...

    @property
    def contacts(self) -> Sequence[Any]: ...

    @property
    def addresses(self) -> Sequence[Any]: ...


def check_creation(new: Requested, features: Mapping[str, bool]) -> None:
    """Raise FeatureOff for what asynchronous creation allows only with a feature that is off."""
    kinds = [contact.kind for contact in new.contacts]
    if not features.get(ENHANCED) and (
        new.title or new.affiliations or len(set(kinds)) < len(kinds)
    ):
        raise FeatureOff(
            "Creating a customer asynchronously with a title, affiliations or a second e-mail or "
            f"phone needs the feature {ENHANCED}.",
            feature=ENHANCED,
        )
    if not features.get(ADDRESSES) and len(new.addresses) > 1:
        raise FeatureOff(
            f"Creating a customer asynchronously with two addresses needs the feature {ADDRESSES}.",
            feature=ADDRESSES,
        )
