"""The audit of synchronization: which customers await an account number, and what came of it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from shared.core.errors import Refusal
from shared.core.evolve import evolve
from shared.core.values import Body, CompanyCode, Guid, Record, Whole
from shared.customers.domain.events import FieldChange

OperationKind = Literal["create", "edit"]
OperationStatus = Literal["Pending", "Synced", "Failed"]
MAX_DETAIL_LENGTH = 500
STATUS_OF_CUSTOMER: dict[str, OperationStatus] = {
    "PendingSync": "Pending",
    "Synced": "Synced",
    "SyncFailed": "Failed",
}


class SyncError(Record):
    """Why the last attempt failed."""

    code: Annotated[
        str, Field(description="Stable code of the error.", examples=["unknown-customer-group"])
    ]
    detail: Annotated[
        str,
        Field(
            description="What went wrong, for a person to read.",
            examples=["There is no 77 among the customer-groups."],
        ),
    ]
    at: Annotated[datetime, Field(description="When the attempt failed.")]


class SyncOperation(Record):
    """One change of a customer made before the customer had an account number.

    The operation of kind `create` is the conversion itself; edits made in the meantime are
    synchronized together with it.
    """

    kind: Annotated[OperationKind, Field(description="Creation of the customer, or an edit.")]
    legal_entity: Annotated[str, Field(description="Code of the legal entity.", examples=["USRT"])]
    customer_id: Annotated[
        str,
        Field(
            description="GUID of the customer.", examples=["35ec67f9-2bcf-4f6a-b7af-9a918877dabb"]
        ),
    ]
    channel: Annotated[
        str, Field(description="Store number of the customer's channel.", examples=["HOUSTON"])
    ]
    version: Annotated[
        int, Field(description="Version of the customer that the change led to.", examples=[1])
    ]
    asked_at: Annotated[datetime, Field(description="When the change was made.")]
    asked_by: Annotated[
        str, Field(description="Who made the change.", examples=["employee:000137"])
    ]
    asked: Annotated[
        int, Field(description="How many times the conversion was requested.", examples=[1])
    ] = 1
    asked_last: Annotated[datetime, Field(description="When the conversion was last requested.")]
    status: Annotated[
        OperationStatus,
        Field(description="Pending, synchronized, or failed until something is corrected."),
    ] = "Pending"
    attempts: Annotated[
        int, Field(description="How many times the conversion was attempted.", examples=[1])
    ] = 0
    last_error: Annotated[
        SyncError | None, Field(description="Error of the last failed attempt, if any.")
    ] = None
    completed_at: Annotated[
        datetime | None, Field(description="When the customer was synchronized.")
    ] = None
    traceparent: Annotated[
        str | None,
        Field(
            description="W3C trace context of the request that made the change.",
            examples=["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
        ),
    ] = None
    changes: Annotated[
        tuple[FieldChange, ...], Field(description="Changed fields, with old and new values.")
    ] = ()

    def completed(self, now: datetime) -> "SyncOperation":
        return evolve(self, status="Synced", attempts=self.attempts + 1, completed_at=now)

    def failed(self, error: SyncError, *, permanent: bool) -> "SyncOperation":
        """Return it with the error; permanent if trying again cannot help by itself."""
        status = "Failed" if permanent else self.status
        return evolve(self, attempts=self.attempts + 1, last_error=error, status=status)

    def requested_again(self, now: datetime) -> "SyncOperation":
        return evolve(self, status="Pending", asked=self.asked + 1, asked_last=now)


class SynchronizeCustomer(Body):
    """The command to give a customer an account number."""

    kind: Literal["synchronize-customer"] = "synchronize-customer"
    legal_entity: CompanyCode
    customer_id: Guid
    asked: Whole = 1


def error_of(refusal: Refusal, now: datetime) -> SyncError:
    """Return the refusal as an error; its code is that of the first flaw, if there is one."""
    flaws = getattr(refusal, "flaws", ())
    code = flaws[0].code if flaws else refusal.code
    return SyncError(code=code, detail=refusal.detail[:MAX_DETAIL_LENGTH], at=now)
