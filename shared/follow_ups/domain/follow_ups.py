"""Follow-ups: what an associate plans to do for a client, by when, and the outcome."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from shared.core.errors import Conflict, Invalid, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Key, LongLine, Record
from shared.timeline.domain.activities import Detail

Outcome = Literal["Reached", "NotReached", "Sold", "NotInterested", "Other"]
Status = Literal["Open", "Done", "Canceled"]
State = Literal["due", "overdue", "upcoming", "done", "canceled"]
Due = Literal["overdue", "today", "week", "all"]
StatusFilter = Literal["open", "done", "canceled", "all"]
DueOn = Annotated[date, Field(strict=True, ge=date(2000, 1, 1), le=date(2100, 12, 31))]
WEEK = timedelta(days=7)
STATUSES: dict[StatusFilter, tuple[Status, ...]] = {
    "open": ("Open",),
    "done": ("Done",),
    "canceled": ("Canceled",),
    "all": ("Open", "Done", "Canceled"),
}


class FollowUpNotFound(NotFound):
    """The book has no such follow-up, or it has moved on with the client."""

    code = "follow-up-not-found"


class FollowUpCompleted(Conflict):
    """The follow-up is done already, with the outcome that `outcome` says."""

    code = "follow-up-completed"


class FollowUpCanceled(Conflict):
    """The follow-up is canceled; it must be opened before it can be completed."""

    code = "follow-up-canceled"


class NewFollowUp(Body):
    """A follow-up to add to a client book."""

    customer_id: Key = Field(
        description="GUID or account number of a client of the book", examples=["004021"]
    )
    subject: LongLine = Field(description="What is to be done", examples=["Call about the coat"])
    due_on: DueOn = Field(description="The day by which to do it", examples=["2026-12-01"])


class FollowUpEdit(Body):
    """A merge patch of a follow-up."""

    subject: LongLine | None = Field(
        None, description="What is to be done", examples=["Call about the coat"]
    )
    due_on: DueOn | None = Field(
        None, description="The day by which to do it", examples=["2026-12-01"]
    )
    status: Literal["Open", "Canceled"] | None = Field(
        None, description="Canceled cancels the follow-up, Open opens it again"
    )


class Completion(Body):
    """The outcome of a follow-up."""

    outcome: Outcome = Field(description="What was achieved")
    details: Detail | None = Field(
        None, description="What is worth remembering", examples=["Wants it in blue"]
    )
    activity_type: Key | None = Field(
        None,
        description="Type of the activity to add to the customer's timeline, if any",
        examples=["PhoneCall"],
    )


class _Fields(Record):
    id: str = Field(
        description="GUID of the follow-up", examples=["0a4c7e52-6a50-5f0e-8f1c-2f4b7c1d9e33"]
    )
    customer_id: str = Field(
        description="GUID of the client", examples=["5b0c2f0e-3f0b-4d8e-9a55-1c9f6f2f7a10"]
    )
    customer_name: str = Field(
        description="Name of the client when the follow-up was created", examples=["Karen Berg"]
    )
    personnel_number: str = Field(
        description="Personnel number of the associate in whose book it is", examples=["000160"]
    )
    subject: str = Field(description="What is to be done", examples=["Call about the coat"])
    due_on: date = Field(description="The day by which to do it", examples=["2026-12-01"])
    outcome: Outcome | None = Field(None, description="What was achieved, once it is done")
    outcome_detail: str | None = Field(
        None, description="What is worth remembering", examples=["Wants it in blue"]
    )
    activity_type: str | None = Field(
        None, description="Type of the activity that it ended in", examples=["PhoneCall"]
    )
    rule: str | None = Field(
        None, description="The rule that created it; null where a person did", examples=["birthday"]
    )
    created_at: datetime = Field(description="When it was created")
    created_by: str = Field(description="Who created it", examples=["employee:000160"])
    completed_at: datetime | None = Field(None, description="When it was completed")
    completed_by: str | None = Field(
        None, description="Who completed it", examples=["employee:000160"]
    )
    done_by: str | None = Field(
        None, description="Personnel number of who completed it", examples=["000160"]
    )


class FollowUpView(_Fields):
    """A follow-up as it is today in the time zone of the reader's store."""

    status: Status = Field(description="Whether it is open, done or canceled")
    state: State = Field(description="The status, and of an open one whether it is due")


class FollowUp(_Fields):
    """A follow-up as it is stored in a book.

    It is Moved in a book that the client has left. `membership_version` is that of the membership
    by which it came into this book, so that no writer with an older membership moves it.
    """

    status: Status | Literal["Moved"] = "Open"
    membership_version: int = 0

    def edited(self, edit: FollowUpEdit) -> "FollowUp":
        """Return it with the merge patch applied. Raises FollowUpCompleted, Invalid."""
        if self.status == "Done":
            raise FollowUpCompleted("The follow-up is done.", outcome=self.outcome)
        changes: dict[str, Any] = {name: getattr(edit, name) for name in edit.model_fields_set}
        for name, value in changes.items():
            if value is None:
                pointer = FollowUpEdit.model_fields[name].alias
                raise Invalid.at(f"/{pointer}", "required", "It can be changed, not removed.")
        return evolve(self, **changes)

    def completed(
        self, completion: Completion, done_by: str | None, actor: str, now: datetime
    ) -> "FollowUp":
        """Return it done, or unchanged where it is done with the same outcome.

        Raises FollowUpCompleted, FollowUpCanceled.
        """
        if self.status == "Done" and self.outcome == completion.outcome:
            return self
        if self.status == "Done":
            raise FollowUpCompleted(
                f"The follow-up was completed as {self.outcome}.", outcome=self.outcome
            )
        if self.status == "Canceled":
            raise FollowUpCanceled("The follow-up is canceled; open it first.")
        return evolve(
            self,
            status="Done",
            outcome=completion.outcome,
            outcome_detail=completion.details,
            activity_type=completion.activity_type,
            completed_at=now,
            completed_by=actor,
            done_by=done_by,
        )

    def received_by(self, personnel_number: str, version: int) -> "FollowUp":
        """Return it in the book of the associate who has the client now."""
        return evolve(self, personnel_number=personnel_number, membership_version=version)

    def closed(self, status: Literal["Canceled", "Moved"], version: int) -> "FollowUp":
        """Return it as it remains in the book that the client has left."""
        return evolve(self, status=status, membership_version=version)

    def state(self, today: date) -> State:
        if self.status != "Open":
            return "done" if self.status == "Done" else "canceled"
        if self.due_on == today:
            return "due"
        return "overdue" if self.due_on < today else "upcoming"

    def view(self, today: date) -> FollowUpView:
        return FollowUpView.model_validate(self.model_dump() | {"state": self.state(today)})


def days_of(due: Due, today: date) -> tuple[str | None, str | None]:
    """Return the first day, and the day after the last; a week begins today."""
    first, tomorrow = today.isoformat(), (today + timedelta(days=1)).isoformat()
    if due == "overdue":
        return None, first
    if due == "today":
        return first, tomorrow
    return (first, (today + WEEK).isoformat()) if due == "week" else (None, None)
