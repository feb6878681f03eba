"""Activities: what was done with a customer and when, of types that the company configures."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field, StrictBool, StrictFloat, StrictInt

from shared.configuration.domain.stores import ActivityType
from shared.core.errors import Invalid, NotFound
from shared.core.values import Body, Key, LongLine, Moment, Record, Text

MAX_AHEAD = timedelta(days=731)  # an appointment is made at most two years before
Detail = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]
Number = Annotated[StrictInt | StrictFloat, Field(ge=-(2**53), le=2**53)]
Value = Text | Number | StrictBool


class ActivityNotFound(NotFound):
    """The customer has no such activity."""

    code = "activity-not-found"


class NewActivity(Body):
    """An activity to add to the timeline of a customer."""

    activity_type: Key = Field(description="Name of an activity type", examples=["PhoneCall"])
    occurred_at: Moment | None = Field(
        None,
        description="When it took place, or will; now by default",
        examples=["2026-11-24T09:30:00Z"],
    )
    summary: LongLine = Field(
        description="What it was about, in a line", examples=["Called about the coat"]
    )
    details: Detail | None = Field(
        None, description="What is worth remembering", examples=["Wants it in blue"]
    )
    attributes: Annotated[dict[Key, Value], Field(max_length=20)] = Field(
        {}, description="Further values, by name", examples=[{"orderNumber": "SO-1001"}]
    )


class Activity(Record):
    """What was done with a customer, or is planned."""

    id: str = Field(
        description="GUID of the activity", examples=["0a4c7e52-6a50-5f0e-8f1c-2f4b7c1d9e33"]
    )
    activity_type: str = Field(description="Name of its activity type", examples=["PhoneCall"])
    occurred_at: datetime = Field(description="When it took place, or will")
    summary: str = Field(
        description="What it was about, in a line", examples=["Called about the coat"]
    )
    details: str | None = Field(
        None, description="What is worth remembering", examples=["Wants it in blue"]
    )
    attributes: dict[str, Value] = Field(
        {}, description="Further values, by name", examples=[{"orderNumber": "SO-1001"}]
    )
    associate: str | None = Field(
        None,
        description="Personnel number of the associate, where there was one",
        examples=["000160"],
    )
    store_number: str | None = Field(
        None, description="The store in which it was recorded", examples=["HOUSTON"]
    )
    created_at: datetime = Field(description="When it was recorded")
    created_by: str = Field(description="Who recorded it", examples=["employee:000160"])


class ActivityView(Activity):
    """An activity as answered: with the words of its type as it is today."""

    label: str | None = Field(
        None,
        description="Label of its type, in the language of the reader",
        examples=["Phone call"],
    )
    icon: str | None = Field(None, description="Icon of its type", examples=["phone"])


def check_activity(kind: ActivityType, occurred_at: datetime, now: datetime) -> None:
    """Raise Invalid for a type that is out of use, and for a moment too far ahead."""
    if not kind.active:
        raise Invalid.at(
            "/activityType", "activity-type-inactive", f"{kind.name} is no longer in use."
        )
    if occurred_at > now + MAX_AHEAD:
        raise Invalid.at("/occurredAt", "too-far-ahead", "The moment is more than two years ahead.")
