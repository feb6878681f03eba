"""The edge of HTTP: parse, authorize, run, answer."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func

from functions._admission import admit
from functions._http import idempotency
from functions._http.answers import failed, render
from functions._http.call import Call
from functions._http.caller import ANONYMOUS
from functions._http.headers.visit import Visit
from functions._http.operation import Handler, Operation, register
from functions._http.parsing import (
    read_body,
    read_idempotency_key,
    read_if_match,
    read_path,
    read_query,
)
from functions._work import Work
from shared.composition import wiring
from shared.core import deadlines
from shared.core.errors import Refusal

log = logging.getLogger(__name__)

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
            deadlines.start(operation.patience)
            visit = Visit(req.route_params)
            try:
                response = await _respond(operation, handler, req, visit)
            except Exception as exc:
                response = failed(exc, operation, req)
            visit.complete(response, work.count)
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
    operation: Operation, handler: Handler, req: func.HttpRequest, visit: Visit
) -> func.HttpResponse:
    backend = wiring.backend()
    headers, now = req.headers, datetime.now(UTC)
    path = read_path(req)
    caller = await admit(operation, req, backend) if operation.who else ANONYMOUS
    visit.admit(caller, headers)
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
        origin=req.url.partition("/api/")[0],
    )
    visit.call = call
    key = read_idempotency_key(headers) if operation.idempotent else None
    if key is None and not operation.keyed_by_body:
        return render(operation, await handler(call), headers)
    asked = await idempotency.hash_of(req)

    async def run(fingerprint: str) -> func.HttpResponse:
        call.fingerprint = fingerprint
        try:
            return render(operation, await handler(call), headers)
        except Refusal as exc:
            return failed(exc, operation, req)

    return await idempotency.once(
        run,
        partition=await idempotency.partition_of(key, call, asked),
        asked=asked,
        documents=backend.documents,
        terms=idempotency.Terms(
            timedelta(seconds=operation.patience) + idempotency.GRACE,
            keeps_refusals=key is not None,
            secrets=operation.secrets,
        ),
    )


def _log(operation: Operation, status: int, work: Work) -> None:
    if log.isEnabledFor(logging.INFO):
        milliseconds = work.seconds * 1000
        log.info("%s %s in %.1f ms, %s", operation.name, status, milliseconds, work.count)
