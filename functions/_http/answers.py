"""Replies and errors as HTTP responses."""

import logging
import warnings
from collections.abc import Mapping
from http import HTTPStatus

import azure.functions as func
from pydantic import BaseModel
from pydantic_core import to_json

from functions._http.documented import is_documented
from functions._http.headers.protection import protect
from functions._http.operation import Operation
from functions._http.problems import PROBLEM_JSON, headers_of, problem_of, status_of
from functions._http.reply import Reply
from shared.composition.telemetry import telemetry
from shared.core.errors import Refusal
from shared.ports.telemetry import trace_id

log = logging.getLogger(__name__)


def refuse(refusal: Refusal, req: func.HttpRequest) -> func.HttpResponse:
    """Return the answer to a refusal, for a function that is no operation."""
    with telemetry().span("refuse", "server", parent=req.headers.get("traceparent")):
        response = _problem(refusal, instance_of(req), trace_id())
        response.headers["X-Trace-Id"] = trace_id()
    protect(response)
    return response


def render(
    operation: Operation, reply: Reply, request_headers: Mapping[str, str]
) -> func.HttpResponse:
    headers = dict(reply.headers)
    if reply.location:
        headers["Location"] = reply.location
    if reply.etag:
        headers["ETag"] = f'"{reply.etag}"'
        if operation.method == "GET" and _is_known(
            reply.etag, request_headers.get("if-none-match")
        ):
            return func.HttpResponse(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return func.HttpResponse(
        _body(operation, reply),
        status_code=reply.status or operation.status,
        headers=headers,
        mimetype=reply.media_type or operation.answer_type,
    )


def _body(operation: Operation, reply: Reply) -> bytes | None:
    if reply.body is None or isinstance(reply.body, bytes):
        return reply.body
    if isinstance(reply.body, BaseModel) and operation.answer_adapter:
        return operation.answer_adapter.dump_json(reply.body, by_alias=True)
    return to_json(reply.body, by_alias=True)


def _is_known(etag: str, if_none_match: str | None) -> bool:
    if if_none_match is None:
        return False
    etags = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return f'"{etag}"' in etags or etag in etags or "*" in etags  # in quotes it is no wildcard


def failed(exc: Exception, operation: Operation, req: func.HttpRequest) -> func.HttpResponse:
    instance, trace = instance_of(req), trace_id()
    if not isinstance(exc, Refusal):
        log.error("%s failed", operation.name, exc_info=exc)
        body = {
            "type": "/problems/internal", "title": "Internal Server Error", "status": 500,
            "detail": "An unexpected error occurred; quote the trace id when you report it.",
            "instance": instance, "code": "internal", "traceId": trace,
        }  # fmt: skip
        return func.HttpResponse(to_json(body), status_code=500, mimetype=PROBLEM_JSON)
    if not is_documented(operation, exc):
        warnings.warn(f"{operation.name} does not list {type(exc).__name__}", stacklevel=2)
    return _problem(exc, instance, trace)


def _problem(refusal: Refusal, instance: str, trace: str) -> func.HttpResponse:
    return func.HttpResponse(
        to_json(problem_of(refusal, instance=instance, trace_id=trace), fallback=str),
        status_code=status_of(type(refusal)),
        headers=headers_of(refusal),
        mimetype=PROBLEM_JSON,
    )


def instance_of(req: func.HttpRequest) -> str:
    path: str = req.url.partition("?")[0].partition("/api/")[2]
    return f"/api/{path}"
