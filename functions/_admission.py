"""Who is let in: the role, the company, and of an employee what the permission group allows."""

import logging
import math
from typing import Any

import azure.functions as func

from functions._http import caller as _caller
from functions._http.call import Call
from functions._http.caller import Caller
from functions._http.operation import Operation
from shared.composition.telemetry import telemetry
from shared.composition.wiring import Backend
from shared.configuration.domain.companies import limit_of
from shared.configuration.domain.stores import NotYourStore
from shared.configuration.permissions import check_worker
from shared.configuration.workers import check_store
from shared.core.errors import TooMany
from shared.ports.telemetry import current

log = logging.getLogger(__name__)

OWN_STORE = (NotYourStore,)


async def admit(operation: Operation, req: func.HttpRequest, backend: Backend) -> Caller:
    """Return the caller.

    Raises Unauthenticated, RoleNotAllowed, LegalEntityNotAllowed, LegalEntityNotFound,
    TooMany, and as `check_worker`.
    """
    caller = await _caller.authenticate(req.headers.get("authorization"), backend.tokens)
    company = req.route_params.get("legalEntity") if operation.in_company else None
    _caller.authorize(caller, operation.roles, company)
    if company and operation.name != "put_company":
        await backend.configuration.company(company)
        _note(company, caller)
        await _take_turn(caller, company, backend)
        if await check_worker(caller.verified, operation.demanded, company, backend.configuration):
            note_trusted(caller, company)
    return caller


async def _take_turn(caller: Caller, company: str, backend: Backend) -> None:
    """Raise TooMany where the caller asks more often than the company lets the role."""
    parameters = await backend.configuration.parameters(company)
    a_second, burst = limit_of(caller.role, parameters)
    if wait := backend.buckets.take((company, caller.actor), a_second, burst):
        seconds = math.ceil(wait)
        raise TooMany(f"Too many requests: ask again in {seconds} s.", after=seconds)


async def demand(call: Call[Any, Any], operation: int) -> None:
    """Raise as `check_worker`, unless the caller may perform the POS operation too."""
    await check_worker(
        call.caller.verified, (operation,), call.legal_entity, call.backend.configuration
    )


async def demand_store(call: Call[Any, Any], store_number: str) -> None:
    """Raise NotYourStore where an employee does not work in the store."""
    await check_store(call.caller.verified, store_number, call.context)


def note_trusted(caller: Caller, company: str) -> None:
    """Tell that somebody is let in without a registration, because the company has it so."""
    log.warning("%s: %s is let in, whom nobody has registered", company, caller.actor)
    labels = {"libro.legal_entity": company, "libro.role": caller.role}
    telemetry().count("libro.caller.trusted", 1, labels)


def _note(company: str, caller: Caller) -> None:
    if span := current.get():
        till = {"libro.till": caller.till} if caller.till else {}
        span.note({"libro.legal_entity": company, **till})
