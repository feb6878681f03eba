"""Why a message could not be processed."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.core.values import Record


class Failure(Record):
    """The error of the last delivery of a message."""

    code: Annotated[
        str, Field(description="Stable code of the error.", examples=["message-not-understood"])
    ]
    detail: Annotated[
        str,
        Field(description="What went wrong, for a person to read.", examples=["Not JSON."]),
    ]
    at: Annotated[datetime, Field(description="When the delivery failed.")]
