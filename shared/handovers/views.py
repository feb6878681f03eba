"""Bulk moves as they are answered."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from shared.core.values import Record
from shared.core.versioned import Versioned
from shared.handovers.domain.bulk_moves import (
    BulkMove,
    BulkMoveKind,
    BulkMoveStatus,
    Move,
    NewHandoverPlan,
    SkippedAssociate,
)
from shared.jobs.domain.jobs import SetAside


class BulkMoveView(Record):
    """How far a bulk move of clients has come. Each client is counted once."""

    id: str = Field(description="Id of the plan, a GUID")
    legal_entity: Annotated[str, Field(description="Company of the book", examples=["USRT"])]
    kind: BulkMoveKind = Field(description="Why clients are moved; Addition adds them to the book")
    personnel_number: Annotated[
        str, Field(description="Associate whose book it is about", examples=["000137"])
    ]
    batch: str = Field(description="Names the chunks in which the clients are stored")
    status: BulkMoveStatus = Field(description="Preview until the plan is executed")
    rule: NewHandoverPlan | None = Field(description="The rule of a handover plan")
    all_or_nothing: bool = Field(description="Move no client at all if one cannot be moved")
    total: Annotated[int, Field(description="Clients to move", examples=[130])]
    left: int = Field(description="Clients that the rule leaves in the book")
    skipped: tuple[SkippedAssociate, ...] = Field(
        description="Associates of the store whom the rule leaves out: they see no own clients"
    )
    targets: Annotated[
        dict[str, int],
        Field(description="Clients by receiving associate", examples=[{"000160": 130}]),
    ]
    moved: int = Field(description="Clients that were moved")
    refused: int = Field(description="Clients that could not be moved")
    returned: int = Field(description="Clients that were moved back")
    kept: int = Field(description="Clients that were not moved back, for they have moved on")
    chunks: int = Field(description="Chunks of clients")
    chunks_done: int = Field(description="Chunks that are done, of what is being done now")
    created_at: datetime = Field(description="When it was asked for")
    created_by: Annotated[str, Field(description="Who asked for it", examples=["employee:000160"])]
    executed_at: datetime | None = Field(description="When the last client was moved")
    undo_until: datetime | None = Field(description="Until when it can be undone")
    undone_at: datetime | None = Field(description="When the last client was moved back")
    progress: Annotated[
        float,
        Field(description="Share of what is being done now, from 0 to 1", examples=[0.5]),
    ]
    set_aside: tuple[SetAside, ...] = Field(
        description="Chunks of clients that could not be worked through; see the log"
    )


def bulk_move_view(bulk_move: BulkMove) -> BulkMoveView:
    counts = {name: bulk_move.count(name) for name in ("moved", "refused", "returned", "kept")}
    progress = bulk_move.chunks_done / bulk_move.chunks if bulk_move.chunks else 1.0
    return BulkMoveView.model_validate(
        {**dict(bulk_move), **counts, "progress": round(progress, 4)}
    )


def bulk_move_item(stored: Versioned[BulkMove]) -> dict[str, Any]:
    """Return an item of a list of bulk moves, with its version."""
    view = bulk_move_view(stored.value).model_dump(mode="json", by_alias=True)
    return view | {"etag": stored.etag}


def move_item(move: Move) -> dict[str, Any]:
    """Return an item of the clients of a bulk move."""
    return move.model_dump(mode="json", by_alias=True)
