"""Audits of the index: whether it says of each customer what the customer is."""

from datetime import datetime

from pydantic import Field

from shared.core.errors import Conflict
from shared.core.values import Record


class NothingToAudit(Conflict):
    """The job sends no customers, so the index has nothing of it that a feed could have lost."""

    code = "nothing-to-audit"


class AuditView(Record):
    """How far an audit of the index has come."""

    started_at: datetime = Field(description="When it was started")
    ended_at: datetime | None = Field(description="When it had looked at all; null while it looks")
    looked: int = Field(description="Customers that it has looked at")
    repaired: int = Field(description="Customers of whom the index had less, and has all now")


class Audit(AuditView):
    """An audit, and from where on it looks. One that has ended has no position."""

    position: str | None = None
    started_by: str

    def continued(self, looked: int, repaired: int, position: str | None, now: datetime) -> "Audit":
        """Return the audit after a page; it has ended where there is none after that."""
        return Audit(
            started_at=self.started_at,
            started_by=self.started_by,
            ended_at=None if position else now,
            looked=self.looked + looked,
            repaired=self.repaired + repaired,
            position=position,
        )

    @property
    def view(self) -> AuditView:
        return AuditView(**{name: getattr(self, name) for name in AuditView.model_fields})
