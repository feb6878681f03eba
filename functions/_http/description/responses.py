"""Responses of an operation: what it answers, with which headers, and its problems."""

from http import HTTPStatus
from typing import Any

from functions._http.description.endpoints import Endpoint
from functions._http.description.refusing import problems
from functions._http.description.schemas import Schemas
from functions._http.operation import Operation
from functions._http.problems import PROBLEM_JSON, status_of
from shared.core.errors import TooMany, Unauthenticated, Unavailable

Json = dict[str, Any]
STRING: Json = {"type": "string"}
HEADERS: dict[str, Json] = {
    "X-Trace-Id": {"description": "Trace id of this answer", "schema": STRING},
    "X-Session": {"description": "Send it back to read your own writes", "schema": STRING},
    "ETag": {"description": "Version of the resource", "schema": STRING},
    "Location": {"description": "Address of what was created", "schema": STRING},
    "Retry-After": {"description": "Seconds to wait before trying again", "schema": STRING},
    "WWW-Authenticate": {"description": "How to authenticate", "schema": STRING},
    "Idempotency-Replayed": {
        "description": "true where the first answer is returned again", "schema": STRING
    },
}  # fmt: skip

LATER = {status_of(Unavailable), status_of(TooMany)}


def responses(endpoint: Endpoint, schemas: Schemas) -> Json:
    operation = endpoint.operation
    described: Json = {
        str(int(status)): _answer(endpoint, status, schemas)
        for status in (operation.status, *operation.also)
    }
    if operation.versioned:
        described["304"] = {
            "description": "Not Modified", "headers": _headers("X-Trace-Id", "ETag")
        }  # fmt: skip
    for status, codes in problems(endpoint).items():
        described[str(int(status))] = _problem(status, codes, schemas.problem(endpoint, status))
    return described


def _answer(endpoint: Endpoint, status: int, schemas: Schemas) -> Json:
    answer: Json = {
        "description": HTTPStatus(status).phrase,
        "headers": _headers(*_answer_headers(endpoint.operation, status)),
    }
    if endpoint.returns is not None:
        plain = {"type": "object"} if endpoint.returns is dict else STRING
        schema = schemas.answer(endpoint) or plain
        answer["content"] = {endpoint.operation.answer_type: {"schema": schema}}
    return answer


def _answer_headers(operation: Operation, status: int) -> list[str]:
    changes = operation.method != "GET"
    sent = {
        "X-Trace-Id": True,
        "ETag": operation.versioned or (changes and operation.returns is not None),
        "X-Session": changes and operation.in_company,
        "Location": status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED},
        "Idempotency-Replayed": operation.idempotent,
    }
    return [name for name, is_sent in sent.items() if is_sent]


def _problem(status: HTTPStatus, codes: tuple[str, ...], schema: Json) -> Json:
    headers = ["X-Trace-Id"]
    headers += ["Retry-After"] if status in LATER else []
    headers += ["WWW-Authenticate"] if status == status_of(Unauthenticated) else []
    return {
        "description": f"{status.phrase}: {', '.join(f'`{code}`' for code in codes)}",
        "headers": _headers(*headers),
        "content": {PROBLEM_JSON: {"schema": schema}},
    }


def _headers(*names: str) -> Json:
    return {name: HEADERS[name] for name in names}
