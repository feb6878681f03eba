"""Activities: what was done with a customer and when, of types that the company configures."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field, StrictBool, StrictFloat, StrictInt

from shared.configuration.domain.stores import ActivityType
from shared.core.errors import Invalid, NotFound
from shared.core.values import Body, Key, LongLine, Moment, Record, Text

FURTHEST = timedelta(days=731)  # ahead: an appointment is made at most two years before
Detail = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]
Number = Annotated[StrictInt | StrictFloat, Field(ge=-(2**53), le=2**53)]
Said = Text | Number | StrictBool


class ActivityNotFound(NotFound):
    code = "activity-not-found"


class NewActivity(Body):
    """`occurredAt` is now where nothing is said."""

    activity_type: Key
    occurred_at: Moment | None = None
    summary: LongLine
    details: Detail | None = None
    attributes: Annotated[dict[Key, Said], Field(max_length=20)] = {}


class Activity(Record):
    """`label` and `icon` are those of its type, in the language of the reader."""

    id: str
    activity_type: str
    label: str | None = None
    icon: str | None = None
    occurred_at: datetime
    summary: str
    details: str | None = None
    attributes: dict[str, Said] = {}
    associate: str | None = None
    store_number: str | None = None
    created_at: datetime
    created_by: str
    etag: str = Field(default="", exclude=True)


def check_activity(kind: ActivityType, occurred_at: datetime, now: datetime) -> None:
    """Raise Invalid for a type that is out of use, and for what lies too far ahead."""
    if not kind.active:
        raise Invalid.at(
            "/activityType", "activity-type-inactive", f"{kind.name} is no longer in use."
        )
    if occurred_at > now + FURTHEST:
        raise Invalid.at("/occurredAt", "too-far-ahead", "It is more than two years ahead.")
