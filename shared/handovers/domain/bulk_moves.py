"""Plans to move many clients at once: previewed, executed in the background, and undone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, computed_field, model_validator

from shared.clienteling.domain.client_books import MOST_NAMED
from shared.core.errors import Conflict, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Key, Record

MOVES_IN_CHUNK = 100
UNDOABLE = timedelta(days=7)
KEPT = 90 * 86400  # seconds that a plan can be asked about

PlanKind = Literal["Reassignment", "Handover", "Addition"]
PlanStatus = Literal["Preview", "Executing", "Executed", "Undoing", "Undone"]
MoveStatus = Literal["Planned", "Moved", "Refused", "Returned", "Kept"]


class PlanNotFound(NotFound):
    code = "plan-not-found"


class PlanNotReady(Conflict):
    """A plan is executed once, and undone only after that; `status` says where it is."""

    code = "plan-not-ready"


class UndoTooLate(Conflict):
    code = "undo-too-late"


class ReassignmentRefused(Conflict):
    """All or nothing was asked for, and one of them cannot be moved; `results` says which."""

    code = "reassignment-refused"


class NobodyToHandTo(Conflict):
    """The store has nobody else who works there."""

    code = "nobody-to-hand-to"


class Reassignment(Body):
    """Which clients go to whom. `all` stands for every client of the book."""

    customer_ids: Annotated[list[Key] | None, Field(min_length=1, max_length=MOST_NAMED)] = None
    all: bool = False
    to: Key
    all_or_nothing: bool = False

    @model_validator(mode="after")
    def _names_somebody(self) -> "Reassignment":
        if (self.customer_ids is None) != self.all:
            raise ValueError("name the clients by customerIds, or say all")
        return self


class NewHandoverPlan(Body):
    """How the clients of a book are shared out.

    `ToOne` gives all to `to`. `Evenly` gives each in turn to who works in the store. `ByAttribute`
    gives those with a value to whom `targets` says, and the rest to `to`, or leaves them.
    """

    rule: Literal["ToOne", "Evenly", "ByAttribute"]
    to: Key | None = None
    store_number: Key | None = None
    attribute: Key | None = None
    targets: Annotated[dict[str, Key], Field(max_length=100)] = {}

    @model_validator(mode="after")
    def _is_whole(self) -> "NewHandoverPlan":
        needed = {"ToOne": self.to, "Evenly": self.store_number, "ByAttribute": self.attribute}
        if needed[self.rule] is None:
            raise ValueError("ToOne takes to, Evenly storeNumber, ByAttribute an attribute")
        if self.rule == "ByAttribute" and not self.targets:
            raise ValueError("ByAttribute takes targets")
        return self


class Move(Record):
    """One client and to whom she goes; `code` says why she was refused."""

    customer_id: str
    name: str
    to: str
    status: MoveStatus = "Planned"
    code: str | None = None


class Plan(Record):
    """How far a plan has come. Clients are counted once each, whatever happens on the way."""

    id: str
    legal_entity: str
    kind: PlanKind
    personnel_number: str
    batch: str  # which chunks are its own
    status: PlanStatus = "Preview"
    rule: NewHandoverPlan | None = None
    all_or_nothing: bool = False
    total: int
    left: int = 0
    targets: dict[str, int]
    moved: int = 0
    refused: int = 0
    returned: int = 0
    kept: int = 0
    chunks: int
    chunks_done: int = 0
    created_at: datetime
    created_by: str
    executed_at: datetime | None = None
    undo_until: datetime | None = None
    undone_at: datetime | None = None

    @computed_field  # type: ignore[prop-decorator]  # the documented way to compute a field
    @property
    def progress(self) -> float:
        """Return the share of clients that are dealt with, in what is being done now."""
        return round(self.chunks_done / self.chunks, 4) if self.chunks else 1.0

    def executing(self) -> "Plan":
        """Raise PlanNotReady unless it is a preview."""
        if self.status != "Preview":
            raise PlanNotReady(f"The plan is {self.status.lower()}.", status=self.status)
        return evolve(self, status="Executing")

    def undoing(self, now: datetime) -> "Plan":
        """Raise PlanNotReady, UndoTooLate."""
        if self.status != "Executed":
            raise PlanNotReady(f"The plan is {self.status.lower()}.", status=self.status)
        if self.undo_until is None or now > self.undo_until:
            raise UndoTooLate(f"It could be undone until {self.undo_until}.")
        return evolve(self, status="Undoing", chunks_done=0)

    def counted(self, moves: Sequence[Move], now: datetime) -> "Plan":
        """Return it with one more chunk done, of what is being done."""
        counts = Counter(one.status for one in moves)
        done = self.chunks_done + 1
        update: dict[str, Any] = {"chunks_done": done}
        if self.status == "Executing":
            update["moved"] = self.moved + counts["Moved"]
            update["refused"] = self.refused + counts["Refused"]
        else:
            update["returned"] = self.returned + counts["Returned"]
            update["kept"] = self.kept + counts["Kept"]
        plan = evolve(self, **update)
        return plan.ended(now) if done == self.chunks else plan

    def ended(self, now: datetime) -> "Plan":
        """Return it when all chunks are done. Of all or nothing, a refusal leaves nothing."""
        if self.status == "Undoing":
            return evolve(self, status="Undone", undone_at=now)
        if self.all_or_nothing and self.refused:
            return evolve(self, status="Undoing", chunks_done=0, executed_at=now)
        return evolve(self, status="Executed", executed_at=now, undo_until=now + UNDOABLE)


def chunked(moves: Sequence[Move]) -> list[list[Move]]:
    starts = range(0, len(moves), MOVES_IN_CHUNK)
    return [list(moves[start : start + MOVES_IN_CHUNK]) for start in starts]


def shared_out(
    cards: Sequence[Mapping[str, Any]], rule: NewHandoverPlan, associates: Sequence[str]
) -> list[Move]:
    """Return who goes to whom; `associates` are those that an even share goes to, in turn."""
    moves = []
    for index, card in enumerate(cards):
        target = rule.to
        if rule.rule == "Evenly":
            target = associates[index % len(associates)]
        elif rule.rule == "ByAttribute":
            target = _by_value(card, rule)
        if target is not None:
            moves.append(Move(customer_id=card["customerId"], name=card["name"], to=target))
    return moves


def _by_value(card: Mapping[str, Any], rule: NewHandoverPlan) -> str | None:
    known = {**card["customerAttributes"], **card["attributes"]}
    value = known.get(str(rule.attribute))
    for one in value if isinstance(value, list) else [value]:
        said = str(one).lower() if isinstance(one, bool) else str(one)  # as JSON has it
        if said in rule.targets:
            return rule.targets[said]
    return rule.to
