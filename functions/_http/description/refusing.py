"""Problems as schemas: for each operation and status the codes that it can answer with."""

from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from functions._http.caller import LegalEntityNotAllowed, RoleNotAllowed
from functions._http.description.endpoints import Endpoint
from functions._http.documented import refusals
from functions._http.operation import Operation
from functions._http.problems import BadHeader, BadQuery, NoSuchResource, status_of
from shared.configuration.domain.companies import LegalEntityNotFound
from shared.configuration.permissions import PosOperationNotAllowed
from shared.core.errors import Unavailable

Json = dict[str, Any]
Problems = dict[HTTPStatus, tuple[str, ...]]

INTERNAL = "internal"
ONLY_OF = {  # which settings can be refused with the code
    "collection-not-found": "none",
    "number-sequence-used": "number sequence",
    "worker-kept": "worker",
}
GENERAL = frozenset(
    refusal.code
    for refusal in (
        BadQuery, BadHeader, RoleNotAllowed, LegalEntityNotAllowed, LegalEntityNotFound,
        NoSuchResource, Unavailable,
    )
)  # fmt: skip
MAX_CODES_IN_NAME = 2


def problems(endpoint: Endpoint) -> Problems:
    """Return the codes of the endpoint by their status."""
    operation = endpoint.operation
    codes: defaultdict[HTTPStatus, list[str]] = defaultdict(list)
    for refusal in refusals(operation):
        if endpoint.singular and ONLY_OF.get(refusal.code, endpoint.singular) != endpoint.singular:
            continue
        numbers = _pos_operations(operation) if refusal is PosOperationNotAllowed else ()
        numbered = [f"{refusal.code}-{number}" for number in numbers]
        codes[status_of(refusal)] += numbered or [refusal.code]
    return {status: tuple(dict.fromkeys(codes[status])) for status in sorted(codes)}


def _pos_operations(operation: Operation) -> tuple[int, ...]:
    return (*operation.opened_by, *operation.also_pos_operations)


def problem_name(endpoint: Endpoint, status: HTTPStatus, codes: Iterable[str]) -> str:
    """Return the name of the schema: the codes that matter, or the operation if they are many."""
    codes = tuple(codes)
    telling = [code for code in codes if code not in GENERAL] if len(codes) > 1 else codes
    if not telling:
        return f"{_pascal(status.phrase)}Problem"
    if len(telling) <= MAX_CODES_IN_NAME:
        ending = "GoneProblem" if status == HTTPStatus.GONE else "Problem"  # codes of 409, too
        return "Or".join(_pascal(code) for code in sorted(telling)) + ending
    return f"{_pascal(endpoint.operation.name)}{_pascal(status.phrase)}Problem"


def problem_schema(status: HTTPStatus, codes: tuple[str, ...]) -> Json:
    return {
        "description": f"A problem with the status {int(status)}",
        "examples": [_example(status, min(codes))],
        "allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {
                "type": "object",
                "properties": {
                    "code": {
                        "type": "string",
                        "enum": sorted(codes),
                        "description": "Which of the problems it is; stable",
                    },
                },
                "required": ["code"],
            },
        ],
    }


def _example(status: HTTPStatus, code: str) -> Json:
    return {
        "type": f"/problems/{code}",
        "title": status.phrase,
        "status": int(status),
        "detail": "Why this request was refused, in a sentence.",
        "instance": "/api/v1/USRT/customers/004021",
        "code": code,
        "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
    }


def problem_code(endpoints: Iterable[Endpoint]) -> Json:
    """Return the enumeration of every code that this API can answer with."""
    codes = {
        code for endpoint in endpoints for codes in problems(endpoint).values() for code in codes
    }
    return {
        "type": "string",
        "enum": sorted(codes | {INTERNAL}),
        "description": "Every code of a problem. A code never changes; new ones can be added.",
    }


def _pascal(text: str) -> str:
    words = text.replace("-", " ").replace("_", " ").split()
    return "".join(word[0].upper() + word[1:] for word in words)
