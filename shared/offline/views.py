"""Upload sessions and conflicts as they are answered."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from shared.core.values import Record
from shared.core.versioned import Versioned
from shared.jobs.domain.jobs import SetAside
from shared.offline.domain.uploads import SessionStatus, UploadSession


class UploadSessionView(Record):
    """How far an upload has come. Each operation is counted once, whatever happens on the way."""

    id: str = Field(description="Id of the session; sessions of a channel sort by time")
    legal_entity: Annotated[str, Field(description="Company of the channel", examples=["USRT"])]
    channel: Annotated[
        str, Field(description="Store or online channel that was offline", examples=["HOUSTON"])
    ]
    status: SessionStatus = Field(
        description="Started until all lines are stored; Canceled if another took its place"
    )
    digest: str = Field(description="SHA-256 of the body, in hexadecimal")
    total: Annotated[int, Field(description="Operations of the upload", examples=[250])]
    applied: int = Field(description="Operations that were applied")
    already_applied: int = Field(description="Operations that were applied or discarded before")
    refused: int = Field(description="Operations that were refused")
    conflicts: int = Field(description="Operations that a person has to decide about")
    held_back: int = Field(description="Operations that wait for a decision about an earlier one")
    chunks: int = Field(description="Chunks of lines")
    chunks_done: int = Field(description="Chunks that are done")
    started_at: datetime = Field(description="When the upload was accepted")
    started_by: Annotated[
        str, Field(description="Who sent the upload", examples=["application:pos"])
    ]
    uploaded_at: datetime | None = Field(description="When all lines were stored")
    applied_at: datetime | None = Field(description="When the last line was done")
    progress: Annotated[
        float,
        Field(description="Share of the operations that are done, from 0 to 1", examples=[0.75]),
    ]
    set_aside: tuple[SetAside, ...] = Field(
        description="Chunks of lines that could not be worked through; see the log"
    )


def upload_session_view(session: UploadSession) -> UploadSessionView:
    return UploadSessionView(
        id=session.id,
        legal_entity=session.legal_entity,
        channel=session.channel,
        status=session.status,
        digest=session.digest,
        total=session.total,
        applied=session.count("Applied"),
        already_applied=session.count("AlreadyApplied") + session.count("Discarded"),
        refused=session.count("Refused"),
        conflicts=session.count("Conflict"),
        held_back=session.count("HeldBack"),
        chunks=session.chunks,
        chunks_done=session.chunks_done,
        started_at=session.created_at,
        started_by=session.created_by,
        uploaded_at=session.uploaded_at,
        applied_at=session.ended_at if session.status == "Applied" else None,
        progress=session.progress,
        set_aside=session.set_aside,
    )


def list_item(model: BaseModel, etag: str) -> dict[str, Any]:
    """Return an item of a list, with its version."""
    return model.model_dump(mode="json", by_alias=True) | {"etag": etag}


def upload_session_item(stored: Versioned[UploadSession]) -> dict[str, Any]:
    return list_item(upload_session_view(stored.value), stored.etag)
