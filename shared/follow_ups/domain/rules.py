"""Rules that create follow-ups: before a date, after an activity, or without any activity."""

from datetime import date
from typing import Annotated, Literal
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field, model_validator

from shared.clienteling.domain.cards import END
from shared.clienteling.domain.near_dates import MAX_DAYS, next_anniversary
from shared.configuration.domain.attributes import AttributeType
from shared.core.errors import Flaw
from shared.core.values import Key, LongLine, Setting

MAX_SUBJECT_LENGTH = 250
Kind = Literal["BeforeDate", "AfterActivity", "NoActivity"]
NAMES: dict[Kind, str | None] = {
    "BeforeDate": "attribute",
    "AfterActivity": "activity_type",
    "NoActivity": None,
}


class FollowUpRule(Setting):
    """`days` before the anniversary of a date `attribute`, after an activity, or without any.

    {name} in the subject stands for the name of the client.
    """

    name: Key = Field(description="Name of the rule", examples=["birthday"])
    kind: Kind = Field(description="What the rule goes by")
    attribute: Key | None = Field(
        None, description="The date that a rule BeforeDate goes by", examples=["birthday"]
    )
    activity_type: Key | None = Field(
        None, description="The activity that a rule AfterActivity waits after", examples=["Visit"]
    )
    days: Annotated[int, Field(ge=0, le=MAX_DAYS)] = Field(
        description="How many days before the date, after the activity, or without any",
        examples=[7],
    )
    subject: LongLine = Field(
        description="Subject of the follow-up; {name} is the name of the client",
        examples=["Congratulate {name}"],
    )
    active: bool = Field(True, description="Whether the rule creates follow-ups")

    @model_validator(mode="after")
    def _names_what_its_kind_takes(self) -> "FollowUpRule":
        for field in ("attribute", "activity_type"):
            named, taken = getattr(self, field) is not None, NAMES[self.kind] == field
            if named != taken:
                takes = "takes an" if taken else "takes no"
                raise ValueError(f"a rule {self.kind} {takes} {field.replace('_', ' ')}")
        return self

    def subject_for(self, name: str) -> str:
        return self.subject.replace("{name}", name)[:MAX_SUBJECT_LENGTH]


def check_date(kind: AttributeType | None) -> list[Flaw]:
    """Return why a rule cannot go by an attribute of that type, if it cannot."""
    if kind is None or (kind.data_type == "Date" and not kind.multi_value):
        return []
    return [Flaw("/attribute", "not-a-date", "The rule requires an attribute that is one date.")]


def follow_up_id(rule: FollowUpRule, customer_id: str, occasion: str) -> str:
    """Return the id of the only follow-up by this rule for the client on that occasion."""
    parts = END.join((rule.name, customer_id, occasion))
    return str(uuid5(NAMESPACE_URL, f"libro:follow-up:{parts}"))


def coming_anniversary(day: date, today: date) -> date | None:
    """Return the next anniversary of the day; a day in the future has none yet."""
    anniversary = next_anniversary(f"{day:%m-%d}", today)
    return anniversary if anniversary >= day else None
