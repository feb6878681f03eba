"""Imports as they are answered."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from shared.core.values import Record
from shared.customers.domain.imports import Import
from shared.jobs.domain.jobs import SetAside


class ImportView(Record):
    """How far an import has come. Each line is counted once, whatever happens on the way."""

    id: Annotated[str, Field(description="Id of the import, a GUID")]
    legal_entity: Annotated[str, Field(description="Company of the customers", examples=["USRT"])]
    store_number: Annotated[
        str | None, Field(description="Store of lines that name none", examples=["HOUSTON"])
    ]
    status: Annotated[
        Literal["Running", "Completed"], Field(description="Completed once every line was read")
    ]
    total: Annotated[int, Field(description="Lines of the import", examples=[1200])]
    created: Annotated[int, Field(description="Lines that created a customer", examples=[1190])]
    already_there: Annotated[
        int, Field(description="Lines whose id an existing customer has", examples=[8])
    ]
    refused: Annotated[int, Field(description="Lines that were refused", examples=[2])]
    started_at: datetime = Field(description="When the import was accepted")
    started_by: Annotated[
        str, Field(description="Who started the import", examples=["application:web"])
    ]
    completed_at: datetime | None = Field(description="When the last line was read")
    progress: Annotated[
        float, Field(description="Share of the lines that are done, from 0 to 1", examples=[0.75])
    ]
    set_aside: tuple[SetAside, ...] = Field(
        description="Chunks of lines that could not be worked through; see the log"
    )


def import_view(import_: Import) -> ImportView:
    progress = round(import_.lines_done / import_.total, 4) if import_.total else 1.0
    return ImportView(
        id=import_.id,
        legal_entity=import_.legal_entity,
        store_number=import_.store_number,
        status=import_.status,
        total=import_.total,
        created=import_.count("created"),
        already_there=import_.count("alreadyThere"),
        refused=import_.count("refused"),
        started_at=import_.created_at,
        started_by=import_.created_by,
        completed_at=import_.ended_at,
        progress=progress,
        set_aside=import_.set_aside,
    )
