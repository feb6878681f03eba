"""Follow-ups: what an associate means to do for a client, by when, and what came of it."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from shared.core.errors import Conflict, Invalid, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Key, LongLine, Record
from shared.timeline.domain.activities import Detail

Outcome = Literal["Reached", "NotReached", "Sold", "NotInterested", "Other"]
Shown = Literal["Open", "Done", "Canceled"]
State = Literal["due", "overdue", "upcoming", "done", "canceled"]
Due = Literal["overdue", "today", "week", "all"]
Wanted = Literal["open", "done", "canceled", "all"]
DueOn = Annotated[date, Field(strict=True, ge=date(2000, 1, 1), le=date(2100, 12, 31))]
WEEK = timedelta(days=7)
STATUSES: dict[Wanted, tuple[Shown, ...]] = {
    "open": ("Open",),
    "done": ("Done",),
    "canceled": ("Canceled",),
    "all": ("Open", "Done", "Canceled"),
}


class FollowUpNotFound(NotFound):
    code = "follow-up-not-found"


class FollowUpCompleted(Conflict):
    """It is done, and with another outcome; `outcome` says with which."""

    code = "follow-up-completed"


class FollowUpCanceled(Conflict):
    code = "follow-up-canceled"


class NewFollowUp(Body):
    customer_id: Key
    subject: LongLine
    due_on: DueOn


class FollowUpEdit(Body):
    """A merge patch; `status` Canceled gives it up, Open takes it up again."""

    subject: LongLine | None = None
    due_on: DueOn | None = None
    status: Literal["Open", "Canceled"] | None = None


class Completion(Body):
    """What came of it. With an `activityType` an activity is noted for the customer too."""

    outcome: Outcome
    details: Detail | None = None
    activity_type: Key | None = None


class _Fields(Record):
    id: str
    customer_id: str
    customer_name: str
    personnel_number: str
    subject: str
    due_on: date
    outcome: Outcome | None = None
    outcome_detail: str | None = None
    activity_type: str | None = None
    rule: str | None = None
    created_at: datetime
    created_by: str
    completed_at: datetime | None = None
    completed_by: str | None = None
    done_by: str | None = None


class FollowUpView(_Fields):
    """A follow-up as it stands today in the time zone of the reader's store.

    `rule` is the rule that made it, and `doneBy` the personnel number of who completed it.
    """

    status: Shown
    state: State


class FollowUp(_Fields):
    """A follow-up as it is kept in a book.

    It is Moved where it went on with the client. `membership_version` is that of the membership
    by which it came into this book, so that nobody who knows an older one moves it.
    """

    status: Shown | Literal["Moved"] = "Open"
    membership_version: int = 0
    etag: str = Field(default="", exclude=True)

    def edited(self, edit: FollowUpEdit) -> "FollowUp":
        """Return it as the merge patch has it. Raises FollowUpCompleted, Invalid."""
        if self.status == "Done":
            raise FollowUpCompleted("It is done.", outcome=self.outcome)
        changes: dict[str, Any] = {name: getattr(edit, name) for name in edit.model_fields_set}
        for name, value in changes.items():
            if value is None:
                pointer = FollowUpEdit.model_fields[name].alias
                raise Invalid.at(f"/{pointer}", "required", "It can be changed, not taken away.")
        return evolve(self, **changes)

    def completed(
        self, how: Completion, done_by: str | None, actor: str, now: datetime
    ) -> "FollowUp":
        """Return it done; where it was with the same outcome, as it is.

        Raises FollowUpCompleted, FollowUpCanceled.
        """
        if self.status == "Done" and self.outcome == how.outcome:
            return self
        if self.status == "Done":
            raise FollowUpCompleted(f"It was completed as {self.outcome}.", outcome=self.outcome)
        if self.status == "Canceled":
            raise FollowUpCanceled("It was canceled; open it first.")
        return evolve(
            self,
            status="Done",
            outcome=how.outcome,
            outcome_detail=how.details,
            activity_type=how.activity_type,
            completed_at=now,
            completed_by=actor,
            done_by=done_by,
        )

    def received_by(self, personnel_number: str, version: int) -> "FollowUp":
        """Return it as the associate has it who has the client now."""
        return evolve(self, personnel_number=personnel_number, membership_version=version)

    def settled(self, status: Literal["Canceled", "Moved"], version: int) -> "FollowUp":
        """Return it as it stays behind when the client has left the book."""
        return evolve(self, status=status, membership_version=version)

    def state(self, today: date) -> State:
        if self.status != "Open":
            return "done" if self.status == "Done" else "canceled"
        if self.due_on == today:
            return "due"
        return "overdue" if self.due_on < today else "upcoming"

    def seen(self, today: date) -> FollowUpView:
        return FollowUpView.model_validate(self.model_dump() | {"state": self.state(today)})


def days_of(due: Due, today: date) -> tuple[str | None, str | None]:
    """Return the first day that is meant and the one after the last; a week begins today."""
    first, behind = today.isoformat(), (today + timedelta(days=1)).isoformat()
    if due == "overdue":
        return None, first
    if due == "today":
        return first, behind
    return (first, (today + WEEK).isoformat()) if due == "week" else (None, None)
