"""Which refusals an operation may answer with, so that its description can say all of them."""

from functions._http.caller import LegalEntityNotAllowed, RoleNotAllowed
from functions._http.idempotency import InProgress, KeyReused
from functions._http.operation import Operation
from functions._http.problems import (
    BadCursor,
    BadHeader,
    BadQuery,
    BodyTooLarge,
    MalformedJson,
    NoSuchResource,
    UnsupportedContentEncoding,
    UnsupportedMediaType,
)
from shared.configuration.domain.companies import LegalEntityNotFound
from shared.configuration.permissions import (
    PermissionGroupMissing,
    PosOperationNotAllowed,
    WorkerInactive,
    WorkerUnknown,
)
from shared.core.errors import (
    Invalid,
    Refusal,
    Stale,
    TooMany,
    Unauthenticated,
    Unavailable,
    VersionRequired,
)

Refusals = tuple[type[Refusal], ...]

CALLER: Refusals = (Unauthenticated, RoleNotAllowed)
EMPLOYEE: Refusals = (WorkerUnknown, WorkerInactive, PermissionGroupMissing)
COMPANY: Refusals = (LegalEntityNotAllowed, LegalEntityNotFound, NoSuchResource)
RATE: Refusals = (TooMany,)
POS_OPERATION: Refusals = (PosOperationNotAllowed,)
BODY: Refusals = (BodyTooLarge, UnsupportedMediaType, UnsupportedContentEncoding)
JSON_BODY: Refusals = (MalformedJson, Invalid)
KEY: Refusals = (BadHeader, InProgress, KeyReused)


def refusals(operation: Operation) -> list[type[Refusal]]:
    """Return every refusal of the operation, its own last."""
    found: list[type[Refusal]] = [BadQuery, BadHeader, Unavailable]
    found += CALLER if operation.who else ()
    found += COMPANY if operation.in_company else ()
    found += RATE if operation.in_company and operation.who else ()
    found += EMPLOYEE if "E" in operation.who else ()
    found += POS_OPERATION if operation.opened_by else ()
    found += BODY if operation.body is not None else ()
    found += JSON_BODY if operation.takes_json else ()
    found += KEY if operation.idempotent else ()
    found += [BadCursor] if "cursor" in operation.query.model_fields else []
    if operation.if_match != "ignored":
        found += [Stale, VersionRequired, BadHeader]
    return list(dict.fromkeys([*found, *operation.refuses]))


def is_documented(operation: Operation, refusal: Refusal) -> bool:
    return any(isinstance(refusal, kind) for kind in refusals(operation))
