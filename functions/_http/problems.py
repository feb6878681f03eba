"""What a refusal looks like over HTTP, and the one table from kind of refusal to status."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.core.errors import (
    Conflict,
    Flaw,
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
    Stale,
    Unauthenticated,
    Unavailable,
    VersionRequired,
)
from shared.ports.documents import CommitTooLarge

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER = {"Retry-After": "2"}


class BadRequest(Refusal):
    code = "bad-request"


class MalformedJson(BadRequest):
    """The body is not JSON."""

    code = "malformed-json"


class BadQuery(BadRequest):
    """A query parameter is unknown or has a value that it cannot have."""

    code = "bad-query"

    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__("; ".join(f"{flaw.pointer}: {flaw.detail}" for flaw in flaws))
        self.flaws = flaws


class BadCursor(BadRequest):
    """The cursor is not one that this list has answered."""

    code = "bad-cursor"


class BadHeader(BadRequest):
    """A header has a value that it cannot have."""

    code = "bad-header"


class DigestMismatch(BadRequest):
    """What arrived is not what was sent."""

    code = "digest-mismatch"


class NoSuchResource(NotFound):
    """No operation has this path, or the path contains an id that no resource can have."""

    code = "no-such-resource"


class BodyTooLarge(Refusal):
    """The body is larger than the operation takes."""

    code = "body-too-large"


class UnsupportedMediaType(Refusal):
    """The body has a content type that the operation does not take."""

    code = "unsupported-media-type"


STATUS: Mapping[type[Refusal], HTTPStatus] = {
    BadRequest: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    CommitTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    VersionRequired: HTTPStatus.PRECONDITION_REQUIRED,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

TITLES = {  # of the kinds that have no better words than those of their status
    "invalid": "The request is well-formed but breaks a rule",
    "stale": "It was changed since it was read",
}


class FieldError(BaseModel):
    """One thing that is wrong: `pointer` is an RFC 6901 pointer into the body."""

    model_config = ConfigDict(defer_build=True)

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details. `code` is stable; facts of the refusal are further members."""

    model_config = ConfigDict(
        extra="allow", alias_generator=to_camel, populate_by_name=True, defer_build=True
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    trace_id: str
    errors: list[FieldError] | None = None


def status_of(refusal: type[Refusal]) -> HTTPStatus:
    """Return the status of the most specific kind in the table."""
    return next(STATUS[kind] for kind in refusal.__mro__ if kind in STATUS)


def headers_of(refusal: Refusal) -> dict[str, str]:
    if isinstance(refusal, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="libro"'}
    return dict(RETRY_AFTER) if isinstance(refusal, Unavailable) else {}


def problem_of(refusal: Refusal, *, instance: str, trace_id: str) -> dict[str, Any]:
    status = status_of(type(refusal))
    flaws: list[Flaw] = list(getattr(refusal, "flaws", ()))
    problem: dict[str, Any] = {
        "type": f"/problems/{refusal.code}",
        "title": TITLES.get(refusal.code, status.phrase),
        "status": int(status),
        "detail": refusal.detail,
        "instance": instance,
        "code": refusal.code,
        "traceId": trace_id,
    }
    if flaws:
        problem["errors"] = [
            {"pointer": flaw.pointer, "code": flaw.code, "detail": flaw.detail} for flaw in flaws
        ]
    return problem | refusal.facts
