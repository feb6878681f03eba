"""Rules that make follow-ups: before a date, after an activity, and when nothing happens."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field, model_validator

from shared.clienteling.domain.cards import END, encoded
from shared.clienteling.domain.near_dates import MOST_DAYS, next_anniversary
from shared.configuration.domain.attributes import AttributeType
from shared.core.errors import Flaw
from shared.core.values import Key, LongLine, Setting

LONGEST_SUBJECT = 250
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

    name: Key
    kind: Kind
    attribute: Key | None = None
    activity_type: Key | None = None
    days: Annotated[int, Field(ge=0, le=MOST_DAYS)]
    subject: LongLine
    active: bool = True

    @model_validator(mode="after")
    def _names_what_its_kind_takes(self) -> "FollowUpRule":
        for field in ("attribute", "activity_type"):
            named, taken = getattr(self, field) is not None, NAMES[self.kind] == field
            if named != taken:
                takes = "takes an" if taken else "takes no"
                raise ValueError(f"a rule {self.kind} {takes} {field.replace('_', ' ')}")
        return self

    def subject_for(self, name: str) -> str:
        return self.subject.replace("{name}", name)[:LONGEST_SUBJECT]


def check_date(kind: AttributeType | None) -> list[Flaw]:
    """Return what keeps a rule from going by an attribute of that type."""
    if kind is None or (kind.data_type == "Date" and not kind.multi_value):
        return []
    return [Flaw("/attribute", "not-a-date", "It takes an attribute that is one date.")]


def follow_up_id(rule: FollowUpRule, customer_id: str, occasion: str) -> str:
    """Return the id of the one follow-up that the rule makes for the client on that occasion."""
    parts = END.join((rule.name, customer_id, occasion))
    return str(uuid5(NAMESPACE_URL, f"libro:follow-up:{parts}"))


def coming(rule: FollowUpRule, card: dict[str, Any], today: date) -> date | None:
    """Return the next anniversary of the date on the card; what has not been yet has none."""
    text: str = card["values"][encoded(rule.attribute or "")]
    anniversary = next_anniversary(text[5:], today)
    return anniversary if anniversary >= date.fromisoformat(text) else None
