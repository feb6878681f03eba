"""The edge of HTTP: parse, authorize, run, answer. The only place that gives errors a status."""

import logging
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import azure.functions as func
from pydantic import BaseModel
from pydantic_core import to_json

from functions._http import caller as _caller
from functions._http import idempotency
from functions._http.call import Call
from functions._http.caller import ANONYMOUS, Caller
from functions._http.documented import is_documented
from functions._http.operation import Handler, Operation, register
from functions._http.parsing import (
    read_body,
    read_idempotency_key,
    read_if_match,
    read_path,
    read_query,
    read_session,
)
from functions._http.problems import PROBLEM_JSON, headers_of, problem_of, status_of
from functions._http.reply import Reply
from functions._work import Work
from shared.composition import wiring
from shared.composition.telemetry import telemetry
from shared.core import deadlines
from shared.core.errors import Refusal
from shared.platform.sessions import session
from shared.ports.telemetry import current, trace_id

log = logging.getLogger(__name__)

SESSION = "X-Session"

Entry = Callable[[func.HttpRequest], Any]


def serve(blueprint: func.Blueprint, operation: Operation) -> Callable[[Handler], Handler]:
    """Register the handler of an operation as a function of its own."""

    def registered(handler: Handler) -> Handler:
        operation.bind(handler)
        register(operation)
        entry = _entry(operation, handler)
        blueprint.function_name(operation.name)(
            blueprint.route(
                route=operation.route,
                methods=[operation.method],
                auth_level=func.AuthLevel.ANONYMOUS,
            )(entry)
        )
        return handler

    return registered


def _entry(operation: Operation, handler: Handler) -> Entry:
    attributes = {"http.request.method": operation.method, "http.route": f"/api/{operation.route}"}

    # Not functools.wraps: the worker follows __wrapped__ and refuses the other signature.
    async def entry(req: func.HttpRequest) -> func.HttpResponse:
        parent = req.headers.get("traceparent")
        with Work(operation.name, "server", parent=parent, attributes=attributes) as work:
            deadlines.start()
            try:
                response = await _respond(operation, handler, req)
            except Exception as exc:
                response = _failed(exc, operation, req)
            response.headers["X-Trace-Id"] = trace_id()
            response.headers["Server-Timing"] = f'store;desc="{work.count}"'
            if (current_session := session.get()) and current_session.written:
                response.headers[SESSION] = str(current_session)
            work.answered(response.status_code)
            _log(operation, response.status_code, work)
            return response

    entry.__name__, entry.__doc__, entry.__module__ = (
        handler.__name__,
        handler.__doc__,
        handler.__module__,
    )
    entry.__annotations__ = {"req": func.HttpRequest, "return": func.HttpResponse}
    return entry


async def _respond(
    operation: Operation, handler: Handler, req: func.HttpRequest
) -> func.HttpResponse:
    backend = wiring.backend()
    headers, now = req.headers, datetime.now(UTC)
    session.set(read_session(headers))
    path = read_path(req)
    caller = await _admit(operation, req, backend) if operation.who else ANONYMOUS
    call: Call[Any, Any] = Call(
        name=operation.name,
        query=read_query(operation, req),
        if_match=read_if_match(operation, headers),
        body=read_body(operation, req),
        path=path,
        caller=caller,
        now=now,
        backend=backend,
        headers=headers,
    )
    key = read_idempotency_key(headers) if operation.idempotent else None
    if key is None:
        return render(operation, await handler(call), headers)
    partition = idempotency.partition_of(key, req, caller)

    async def run(fingerprint: str) -> func.HttpResponse:
        call.fingerprint = fingerprint
        try:
            return render(operation, await handler(call), headers)
        except Refusal as exc:
            return _failed(exc, operation, req)

    return await idempotency.once(
        run, partition=partition, req=req, documents=backend.documents, now=now
    )


async def _admit(operation: Operation, req: func.HttpRequest, backend: wiring.Backend) -> Caller:
    """Return the caller. Raises Unauthenticated, Forbidden, LegalEntityNotFound."""
    caller = await _caller.authenticate(req.headers.get("authorization"), backend.tokens)
    company = req.route_params.get("legalEntity") if operation.in_company else None
    _caller.authorize(caller, operation.roles, company)
    if company and operation.name != "put_company":
        await backend.configuration.company(company)
        _note_company(company)
        await _caller.check_pos_operation(
            caller, operation.pos_operation, company, backend.configuration
        )
    return caller


def _note_company(company: str) -> None:
    if span := current.get():
        span.note({"libro.legal_entity": company})


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
    etags = {part.strip().removeprefix("W/").strip('"') for part in if_none_match.split(",")}
    return etag in etags or "*" in etags


def _failed(exc: Exception, operation: Operation, req: func.HttpRequest) -> func.HttpResponse:
    instance, trace = _instance(req), trace_id()
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


def _instance(req: func.HttpRequest) -> str:
    path: str = req.url.partition("?")[0].partition("/api/")[2]
    return f"/api/{path}"


def refuse(refusal: Refusal, req: func.HttpRequest) -> func.HttpResponse:
    """Return the answer to a refusal, for a function that is no operation."""
    with telemetry().span("refuse", "server", parent=req.headers.get("traceparent")):
        response = _problem(refusal, _instance(req), trace_id())
        response.headers["X-Trace-Id"] = trace_id()
    return response


def _log(operation: Operation, status: int, work: Work) -> None:
    if log.isEnabledFor(logging.INFO):
        milliseconds = work.seconds * 1000
        log.info("%s %s in %.1f ms, %s", operation.name, status, milliseconds, work.count)
