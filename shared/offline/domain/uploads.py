"""What a channel did while it was offline: uploaded in one session, applied in order."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from shared.core.errors import Conflict, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Guid, Key, Moment, Record, Whole
from shared.jobs.domain.jobs import Job

MAX_UPLOAD_BYTES: Final = 16 * 1024 * 1024
MAX_OPERATIONS: Final = 10_000
RETENTION_SECONDS: Final = 90 * 86400  # that a session, and what became of it, can be asked about

OfflineType = Literal["create", "patch", "address", "contact", "consent", "note"]
SessionStatus = Literal["Started", "Uploaded", "Applied", "Canceled"]
Outcome = Literal["Applied", "AlreadyApplied", "Refused", "Conflict", "HeldBack", "Discarded"]


class UploadSessionNotFound(NotFound):
    """The channel has no upload session of this id, or it ended more than ninety days ago."""

    code = "upload-session-not-found"


class UploadSessionRunning(Conflict):
    """The channel has another upload session that has not ended; `sessionId` names it."""

    code = "upload-session-running"


class OfflineCreationExcluded(Conflict):
    """The channel may not create customers while it is offline."""

    code = "offline-creation-excluded"


class OfflineOperation(Body):
    """One operation that a channel did offline: one line of an upload."""

    operation_id: Annotated[
        Guid, Field(description="Names the operation, however often it is sent")
    ]
    type: OfflineType = Field(description="What was done")
    customer_id: Annotated[
        Key,
        Field(
            description="GUID or account number of the customer; for create, a GUID of the channel",
            examples=["004021"],
        ),
    ]
    at: Moment = Field(description="When it was done")
    base_version: Annotated[
        Whole, Field(description="Version of the customer that the channel saw", examples=[3])
    ] = 0
    body: Annotated[
        dict[str, Any],
        Field(
            description="The body that the same request has online",
            examples=[{"firstName": "Karen"}],
        ),
    ]


class UploadSession(Job):
    """How far an upload has come. Its `counts` are operations by Outcome."""

    channel: str
    status: SessionStatus = "Started"
    digest: str
    uploaded_at: datetime | None = None

    @property
    def running(self) -> bool:
        return self.status == "Uploaded"

    @property
    def operations_done(self) -> int:
        return sum(self.counts.values())

    @property
    def progress(self) -> float:
        """Return the share of operations that are done, from 0 to 1."""
        return round(self.operations_done / self.total, 4) if self.total else 1.0

    def uploaded(self, now: datetime) -> "UploadSession":
        """Return it when all of its chunks are stored."""
        return evolve(self, status="Uploaded", uploaded_at=now)

    def canceled(self, now: datetime) -> "UploadSession":
        """Return it when another session takes its place."""
        return evolve(self, status="Canceled", ended_at=now)

    def after_last_chunk(self, now: datetime) -> "UploadSession":
        return evolve(self, status="Applied", ended_at=now)


class OperationProblem(Record):
    """Why an operation was refused."""

    code: Annotated[str, Field(description="Code of the refusal", examples=["invalid"])]
    detail: str = Field(description="The refusal in a sentence")
    errors: list[dict[str, str]] = Field(
        default=[], description="What is wrong with the body: pointer, code and detail of each"
    )


class UploadedOperation(Record):
    """What became of one line of an upload."""

    line: Annotated[int, Field(description="Number of the line, from 1", examples=[17])]
    operation_id: str | None = Field(
        default=None, description="Id of the operation; null if the line could not be read"
    )
    type: str | None = Field(default=None, description="What was done", examples=["patch"])
    customer_id: str | None = Field(
        default=None, description="The customer, as the channel named them", examples=["004021"]
    )
    at: datetime | None = Field(default=None, description="When it was done")
    status: Outcome = Field(
        description="What became of it; HeldBack: it waits for a decision about an earlier one"
    )
    version: int | None = Field(
        default=None, description="Version of the customer that it led to", examples=[4]
    )
    behind: str | None = Field(
        default=None, description="Id of the operation that one held back waits for"
    )
    problem: OperationProblem | None = Field(default=None, description="Why it was refused")


def check_offline_creation(*, profile_allows: bool, filters_customers: bool) -> None:
    """Raise OfflineCreationExcluded where a profile or a channel group says so."""
    if filters_customers:
        raise OfflineCreationExcluded(
            "The channel database group filters shared customer data, so customers cannot be "
            "created offline."
        )
    if not profile_allows:
        raise OfflineCreationExcluded("The functionality profile forbids offline creation.")
