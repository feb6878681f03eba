"""Who asks about which company, and the headers that each answer has for that."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import azure.functions as func

from functions._http.call import Call
from functions._http.caller import ANONYMOUS, Caller
from functions._http.headers.protection import protect
from shared.composition import wiring
from shared.platform.metering import Tally
from shared.platform.sessions import Session, session
from shared.ports.telemetry import trace_id
from shared.privacy.accesses.documents import Access
from shared.privacy.accesses.log import Visitor

CUSTOMER: Final = "Customer"
SESSION: Final = "X-Session"
# What a request costs the store says how much there is of a customer: not for everybody.
SEES_COSTS: Final = frozenset({"Application", "Administrator"})


class Visit:
    """One request: anonymous, and having seen nothing, until the caller is admitted."""

    def __init__(self, path: Mapping[str, str]) -> None:
        self._company = path.get("legalEntity", "")
        self._caller = ANONYMOUS
        self.call: Call[Any, Any] | None = None
        session.set(Session())

    def admit(self, caller: Caller, headers: Mapping[str, str]) -> None:
        """Let the request see at least what its X-Session has seen.

        What was not given to this caller in this company is ignored, as if there were no header.
        """
        self._caller = caller
        if sent := headers.get("x-session"):
            seal = wiring.backend().session_seal
            session.set(Session.opened(sent, seal, self._scope))

    def _note_access(self, status: int) -> None:
        """Note in the log of accesses whom an employee, application or administrator asked for.

        What is not there was not looked at. Of customers only their own record is at stake.
        """
        call = self.call
        if call is None or self._caller.role == CUSTOMER or status == HTTPStatus.NOT_FOUND:
            return
        visitor = Visitor(self._company, self._caller.actor, self._caller.till)
        access_log = wiring.backend().access_log
        if call.asked_for:
            access = Access(
                at=call.now,
                actor=visitor.actor,
                till=visitor.till,
                operation=call.name,
                result=status,
            )
            access_log.note(visitor, call.asked_for, access)
        if call.shown:
            access_log.look(visitor, call.shown)

    def complete(self, response: func.HttpResponse, count: Tally) -> None:
        """Add the headers that every answer has, and say in X-Session what was written."""
        response.headers["X-Trace-Id"] = trace_id()
        if self._caller.role in SEES_COSTS:
            response.headers["Server-Timing"] = f'store;desc="{count}"'
        protect(response)
        self._note_access(response.status_code)
        written = session.get()
        if written and written.written:
            seal = wiring.backend().session_seal
            response.headers[SESSION] = written.sealed(seal, self._scope)

    @property
    def _scope(self) -> str:
        return f"{self._caller.actor} {self._company}"
