"""A change that the function of a feed could not digest."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.core.errors import NotFound
from shared.core.values import Record


class ChangeNotFound(NotFound):
    """There is no such change set aside in the company, or it was replayed or removed already."""

    code = "set-aside-change-not-found"


class SetAsideChange(Record):
    """A changed document that the function of a change feed could not digest."""

    id: Annotated[str, Field(description="Id of the entry.", examples=["9f2c61d04ab7e1f3"])]
    function: Annotated[str, Field(description="Function that failed.", examples=["keep_cards"])]
    container: Annotated[
        str, Field(description="Container of the document.", examples=["customers"])
    ]
    partition: Annotated[
        tuple[str, ...],
        Field(
            description="Partition key of the document, the finest level first.",
            examples=[["35ec67f9-2bcf-4f6a-b7af-9a918877dabb", "USRT"]],
        ),
    ]
    document_id: Annotated[str, Field(description="Id of the document.", examples=["membership"])]
    code: Annotated[
        str,
        Field(
            description="Code of the refusal, or internal for an unexpected error.",
            examples=["internal"],
        ),
    ]
    reference: Annotated[
        str, Field(description="Names the log entry that has the trace.", examples=["0b1f6c0e9d5a"])
    ]
    at: Annotated[datetime, Field(description="When it was set aside.")]
