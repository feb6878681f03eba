"""What a refusal looks like over HTTP, and the one table from kind of refusal to status."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.core.errors import (
    Conflict,
    Flaw,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Refusal,
    Stale,
    TooLarge,
    TooMany,
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


class RangeNotSatisfiable(Refusal):
    """The range begins behind the end."""

    code = "range-not-satisfiable"


class UnsupportedMediaType(Refusal):
    """The body has a content type that the operation does not take."""

    code = "unsupported-media-type"


class UnsupportedContentEncoding(UnsupportedMediaType):
    """The body is compressed, or otherwise not as it is."""

    code = "unsupported-content-encoding"


STATUS: Mapping[type[Refusal], HTTPStatus] = {
    BadRequest: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Gone: HTTPStatus.GONE,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    CommitTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RangeNotSatisfiable: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    VersionRequired: HTTPStatus.PRECONDITION_REQUIRED,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

TITLES = {  # of the kinds that have no better words than those of their status
    "invalid": "The request is well-formed but breaks a rule",
    "stale": "The resource was changed since it was read",
}


class FieldError(BaseModel):
    """One value of the request that is wrong."""

    model_config = ConfigDict(defer_build=True)

    pointer: str = Field(
        description="RFC 6901 pointer to the value in the body; empty for the body itself",
        examples=["/contacts/0/value"],
    )
    code: str = Field(description="Which mistake it is; stable", examples=["invalid-email"])
    detail: str = Field(
        description="The mistake in a sentence", examples=["An e-mail address must have an @-sign."]
    )


class Problem(BaseModel):
    """Problem details of RFC 9457; facts of the refusal can be further members."""

    model_config = ConfigDict(
        extra="allow", alias_generator=to_camel, populate_by_name=True, defer_build=True
    )

    type: str = Field(
        description="Identifies the kind of problem: /problems/ and the code",
        examples=["/problems/invalid"],
    )
    title: str = Field(
        description="The kind of problem in a few words",
        examples=["The request is well-formed but breaks a rule"],
    )
    status: int | str = Field(
        description="HTTP status of the answer; of `session-transition` that of the session",
        examples=[422],
    )
    detail: str = Field(
        description="What is wrong with this request, in a sentence for a person",
        examples=["A person has a first or a last name."],
    )
    instance: str = Field(description="Path of the request", examples=["/api/v1/USRT/customers"])
    code: str = Field(description="Which problem it is; stable", examples=["invalid"])
    trace_id: str = Field(
        description="Trace id of the request, as in X-Trace-Id",
        examples=["4bf92f3577b34da6a3ce929d0e0e4736"],
    )
    errors: list[FieldError] | None = Field(
        None, description="What is wrong with single values of the request"
    )


def status_of(refusal: type[Refusal]) -> HTTPStatus:
    """Return the status of the most specific kind in the table."""
    return next(STATUS[kind] for kind in refusal.__mro__ if kind in STATUS)


def headers_of(refusal: Refusal) -> dict[str, str]:
    if isinstance(refusal, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="libro"'}
    if isinstance(refusal, UnsupportedContentEncoding):
        return {"Accept-Encoding": "identity"}
    if isinstance(refusal, TooMany):
        return {"Retry-After": str(refusal.after)}
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
