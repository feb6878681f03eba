"""What keeps the data of a customer, though it should go: a lawsuit, or business that is open."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.core.errors import Forbidden, NotFound
from shared.core.values import Body, LongLine, Moment, Record

HoldKind = Literal["LegalHold", "OpenBusiness"]


class HoldNotFound(NotFound):
    code = "hold-not-found"


class HoldNotAllowed(Forbidden):
    """Applications say that business is open; a legal hold is for administrators."""

    code = "hold-not-allowed"


class NewHold(Body):
    """Why the data of a customer must stay, and until when."""

    kind: HoldKind = Field(description="A lawsuit, or an order, a return, a repair that is open")
    reason: LongLine = Field(description="Why", examples=["Return 88-12"])
    until: Moment | None = Field(None, description="When it ends by itself; null if it does not")


class Hold(Record):
    """A hold of a customer: as long as it lasts, nothing is erased."""

    name: str = Field(description="Name of the hold", examples=["return-88-12"])
    kind: HoldKind = Field(description="A lawsuit, or business that is open")
    reason: str = Field(description="Why", examples=["Return 88-12"])
    until: datetime | None = Field(description="When it ends by itself; null if it does not")
    set_at: datetime = Field(description="When it was set")
    set_by: str = Field(description="Who set it", examples=["application:orders"])

    def is_over(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now


def check_may_hold(kind: HoldKind, role: str) -> None:
    """Raise HoldNotAllowed for a legal hold that no administrator sets or ends."""
    if kind == "LegalHold" and role != "Administrator":
        raise HoldNotAllowed("A legal hold is set and ended by an administrator.")
