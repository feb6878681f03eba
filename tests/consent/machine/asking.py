"""What customers and stores ask for, as the state machine of consent draws it."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from shared.consent.domain.consents import ConsentWithdrawn, ContactNotVerified, NewConsent
from shared.consent.recording.record import record_consent
from shared.context import Context
from shared.core.errors import Invalid, Refusal, Unavailable
from shared.core.retry import ANY
from shared.customers.contacts import add_contact, edit_contact, remove_contact
from shared.customers.creation.creation import create_customer
from shared.customers.customers import deactivate_customer, restore_customer
from shared.customers.domain.contacts import (
    ContactEdit,
    ContactExists,
    ContactNotFound,
    NewContact,
    SuccessorNeeded,
)
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import CustomerInactive, CustomerNotFound
from shared.customers.domain.decisions import Evidence
from tests.consent.machine.model import CHANNELS, CLUB, MARKETING, POINTS
from tests.doubles.stalling import Fault

BEGIN: Final = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
AHEAD: Final = 4  # minutes, of the five that a clock may be
Do = Callable[[Context], Coroutine[Any, Any, bool | None]]  # says whether all is settled, or not
AWAY: Final = (Unavailable,)
GONE: Final = (*AWAY, CustomerNotFound, ContactNotFound)
EDITS: Final = (*GONE, CustomerInactive, ContactExists, SuccessorNeeded)
OPT_INS: Final = (*GONE, CustomerInactive, ConsentWithdrawn, ContactNotVerified)
REFUSALS_OF_SAYING: Final[dict[str | None, tuple[type[Refusal], ...]]] = {
    "OptedIn": EDITS,
    "OptedOut": GONE,  # whatever became of the record, a withdrawal is taken
    None: (*EDITS, Invalid),
}


@dataclass(frozen=True, slots=True)
class How:
    """Who asks, by which clock, which calls of the store fail, and where it stalls or dies."""

    actor: str
    behind: int
    faults: dict[int, Fault]
    at: str | int | None
    dies: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that somebody took now, soon after the beginning, or by a clock that is ahead."""

    decision: str
    purpose: str
    channel: int | None
    minutes: int | None
    evidence: dict[str, str]
    source: str | None

    def body(self, kind: str, context: Context) -> dict[str, Any]:
        channels = CHANNELS[self.purpose, kind]
        return {
            "decision": self.decision,
            "purpose": self.purpose,
            "channel": None if self.channel is None else channels[self.channel % len(channels)],
            "decided_at": self._moment(context),
            "evidence": Evidence.model_validate(self.evidence),
            "source": self.source,
        }

    def _moment(self, context: Context) -> datetime | None:
        if self.minutes is None:
            return None
        is_ahead = self.minutes == AHEAD
        return (context.now if is_ahead else BEGIN) + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Given:
    """A contact point, and what its body says of consent."""

    point: tuple[str, str]
    marketing: str | None
    decided: tuple[Decided, ...]

    def new(self, context: Context) -> NewContact:
        kind, value = self.point
        body: dict[str, Any] = {"kind": kind, "value": value}
        if self.decided:
            body["consents"] = tuple(one.body(kind, context) for one in self.decided)
        else:
            body["marketing_consent"] = self.marketing
        return NewContact.model_validate(body)


@dataclass(frozen=True, slots=True)
class Edit:
    """What of a contact point is changed: its value, what is said, or that it is known as hers."""

    what: str
    point: tuple[str, str]
    said: str | None

    def fits(self, kind: str) -> bool:
        return self.what != "value" or kind == self.point[0]

    def body(self, context: Context) -> ContactEdit:
        to = {"value": self.point[1], "marketing_consent": self.said, "verified_at": context.now}
        return ContactEdit.model_validate({self.what: to[self.what]})


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, and what may refuse it. `once` if repeating it must change nothing."""

    do: Do
    refusals: tuple[type[Refusal], ...]
    once: bool = False


def creation(given: list[Given], *, imported: bool) -> Request:
    async def do(context: Context) -> None:
        source = "Import" if imported else None
        new = NewCustomer(
            store_number="HOUSTON",
            first_name="Karen",
            last_name=context.fingerprint,
            contacts=[one.new(context) for one in given],
        )
        await create_customer(new, context=replace(context, source=source), allow_duplicate=True)

    return Request(do, (*AWAY, ContactExists), once=True)


def addition(key: str, given: Given) -> Request:
    async def do(context: Context) -> None:
        await add_contact(key, given.new(context), context=context)

    return Request(do, EDITS, once=True)


def edit(key: str, contact: str, edit: Edit) -> Request:
    async def do(context: Context) -> None:
        body = edit.body(context)
        await edit_contact(key, contact, body, if_match=ANY, context=context)

    if edit.what == "marketing_consent":
        return Request(do, REFUSALS_OF_SAYING[edit.said])
    return Request(do, EDITS)


def removal(key: str, contact: str, successor: str | None) -> Request:
    async def do(context: Context) -> None:
        await remove_contact(key, contact, successor=successor, if_match=ANY, context=context)

    return Request(do, EDITS)


def decision(key: str, contact: str, kind: str, decided: Decided) -> Request:
    async def do(context: Context) -> bool:
        new = NewConsent.model_validate(decided.body(kind, context) | {"contact_id": contact})
        return (await record_consent(key, new, context=context)).is_settled

    return Request(do, GONE if decided.decision == "OptedOut" else OPT_INS, once=True)


def deactivation(key: str) -> Request:
    async def do(context: Context) -> None:
        await deactivate_customer(key, if_match=ANY, context=context)

    return Request(do, GONE)


def restoration(key: str) -> Request:
    async def do(context: Context) -> None:
        await restore_customer(key, context=context)

    return Request(do, GONE)


seldom = st.sampled_from([False, False, True])
indices = st.integers(0, 9)
decisions = st.sampled_from(["OptedIn", "OptedOut"])
points = st.sampled_from([(kind, way) for (kind, _), ways in POINTS.items() for way in ways])
proof = {"textVersion": "2026-01", "reference": "form 12"}
# Without a reference it is the caller who proves it, but an import is no witness.
evidence = st.sampled_from([{}, proof, proof, {"textVersion": "2026-01"}])
# Few moments, so that several were decided at the same one.
minutes = st.none() | st.sampled_from([0, 0, AHEAD])
decided = st.builds(
    Decided,
    decision=decisions,
    purpose=st.sampled_from([MARKETING, MARKETING, CLUB]),
    channel=st.none() | st.none() | st.integers(0, 2),
    minutes=minutes,
    evidence=evidence,
    source=st.sampled_from([None, None, "POS", "CallCenter"]),
)
given = st.builds(
    Given,
    point=points,
    marketing=st.none() | decisions,
    decided=st.just(()) | st.lists(decided, min_size=1, max_size=2).map(tuple),
)
edits = st.builds(
    Edit,
    what=st.sampled_from(
        ["value", "value", "marketing_consent", "marketing_consent", "verified_at"]
    ),
    point=points,
    said=st.none() | decisions,
)
where = st.integers(1, 9) | st.sampled_from(
    ["commit customers", "scatter directory", "read directory", "commit directory"]
)
no_faults: st.SearchStrategy[dict[int, Fault]] = st.just({})
faults = no_faults | st.dictionaries(
    st.integers(0, 5), st.sampled_from(["before", "after"]), max_size=1
)
well = st.builds(
    How,
    actor=st.sampled_from(["application:web", "administrator:ada", "employee:000160"]),
    behind=st.sampled_from([0, 0, 0, 2]),
    faults=no_faults,
    at=st.none(),
    dies=st.just(False),
)
how = well | st.builds(
    How,
    actor=st.sampled_from(["application:web", "employee:000160"]),
    behind=st.sampled_from([0, 2]),
    faults=faults,
    at=st.none() | where,
    dies=st.booleans(),
)
