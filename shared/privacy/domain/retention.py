"""How long data is kept, by its class, and what happens to it then."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from shared.core.errors import Conflict, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, LongLine, Record, Setting

DataClass = Literal[
    "inactive-customers", "deactivated-customers", "notes", "activities", "done-follow-ups",
    "sync-operations", "expired-consents",
]  # fmt: skip
Action = Literal["Remove", "Redact", "Erase"]
ACTIONS: Final[Mapping[DataClass, Action]] = {
    "inactive-customers": "Erase",
    "deactivated-customers": "Erase",
    "notes": "Remove",
    "activities": "Remove",
    "done-follow-ups": "Remove",
    "sync-operations": "Remove",
    "expired-consents": "Redact",
}
FIRST_DAYS: Final = 3 * 365


class RunInProgress(Conflict):
    """The run before has not come to its end."""

    code = "run-in-progress"


class RunNotFound(NotFound):
    """There was no such run yet."""

    code = "retention-run-not-found"


class RetentionPolicy(Setting):
    """For how long data of a class is kept."""

    data_class: DataClass = Field(description="The class of data", examples=["notes"])
    keep_days: Annotated[int, Field(ge=30, le=36_500)] = Field(
        description="Days that it is kept", examples=[1095]
    )
    action: Action = Field(
        description="What happens then: Erase for customers, Redact for expired consents, "
        "Remove for everything else"
    )
    basis: LongLine | None = Field(
        None, description="On which basis it is kept for so long", examples=["HGB 257"]
    )
    active: bool = Field(False, description="Whether the policy is applied each night")

    @model_validator(mode="after")
    def _action_is_that_of_the_class(self) -> Self:
        if self.action != ACTIONS[self.data_class]:
            raise ValueError(f"the action of {self.data_class} is {ACTIONS[self.data_class]}")
        return self

    def before(self, now: datetime) -> datetime:
        """Return the moment before which data is not kept."""
        return now - timedelta(days=self.keep_days)


class NewRetentionRun(Body):
    """Applying a policy now, or counting what that would do."""

    dry_run: bool = Field(True, description="Whether it is only counted what would be done")


class RetentionRun(Record):
    """How far a run of a policy has come."""

    id: str = Field(description="Name of the run: one that counts has its own", examples=["notes"])
    data_class: DataClass = Field(description="The class of data")
    dry_run: bool = Field(description="Whether it is only counted")
    state: Literal["Running", "Completed"] = Field("Running", description="Running or Completed")
    before: datetime = Field(description="Data that is older is not kept")
    looked_at: int = Field(0, description="Customers, or books, that were looked at")
    found: int = Field(0, description="What is too old: customers, or documents")
    held: int = Field(0, description="Customers that a hold or a restriction keeps")
    started_at: datetime = Field(description="When it began")
    started_by: str = Field(description="Who began it", examples=["administrator:ada"])
    ended_at: datetime | None = Field(None, description="When it came to its end")
    position: str | None = Field(None, exclude=True)

    def counted(self, looked_at: int, found: int, held: int) -> "RetentionRun":
        return evolve(
            self,
            looked_at=self.looked_at + looked_at,
            found=self.found + found,
            held=self.held + held,
        )


def run_id(data_class: DataClass, *, dry_run: bool) -> str:
    return f"{data_class}-dry" if dry_run else data_class


def first_policies() -> list[RetentionPolicy]:
    """Return the policies that every company has from the beginning: all off."""
    return [
        RetentionPolicy(data_class=data_class, keep_days=FIRST_DAYS, action=action)
        for data_class, action in ACTIONS.items()
    ]
