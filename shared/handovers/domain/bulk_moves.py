"""Bulk moves of clients: previewed or not, executed in the background, and undone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from shared.clienteling.domain.client_books import MAX_CLIENTS
from shared.core.errors import Conflict, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Key, Record
from shared.jobs.domain.jobs import Job

MOVES_IN_CHUNK = 100
UNDO_PERIOD = timedelta(days=7)
RETENTION_SECONDS: Final = 90 * 86400  # that a bulk move can be asked about
MAX_TARGETS = 100

BulkMoveKind = Literal["Reassignment", "Handover", "Addition"]
BulkMoveStatus = Literal["Preview", "Executing", "Executed", "Undoing", "Undone"]
MoveStatus = Literal["Planned", "Moved", "Refused", "Returned", "Kept"]
Rule = Literal["ToOne", "Evenly", "ByAttribute"]


class PlanNotFound(NotFound):
    """The client book has no plan of this id, or it is older than ninety days."""

    code = "plan-not-found"


class PlanNotReady(Conflict):
    """A plan is executed once, and undone only after that; `planStatus` says where it is."""

    code = "plan-not-ready"


class UndoTooLate(Conflict):
    """The plan was executed more than seven days ago."""

    code = "undo-too-late"


class ReassignmentRefused(Conflict):
    """All or nothing was asked for, and a client cannot be moved; `results` says which."""

    code = "reassignment-refused"


class NobodyToHandTo(Conflict):
    """No other active associate works in the store who can see clients of their own."""

    code = "nobody-to-hand-to"


class Reassignment(Body):
    """Which clients are moved to which associate."""

    customer_ids: Annotated[
        list[Key] | None,
        Field(
            min_length=1,
            max_length=MAX_CLIENTS,
            description="Account numbers or GUIDs of the clients to move",
            examples=[["004021", "004022"]],
        ),
    ] = None
    all: bool = Field(
        default=False, description="Move every client of the book, instead of customerIds"
    )
    to: Annotated[
        Key, Field(description="Personnel number of the receiving associate", examples=["000160"])
    ]
    all_or_nothing: bool = Field(
        default=False, description="Move no client at all if one of them cannot be moved"
    )

    @model_validator(mode="after")
    def _names_clients(self) -> "Reassignment":
        if (self.customer_ids is None) != self.all:
            raise ValueError("name the clients by customerIds, or say all")
        return self


class NewHandoverPlan(Body):
    """How the clients of a book are shared out.

    `ToOne` moves all to `to`. `Evenly` moves them in turn to the associates of a store.
    `ByAttribute` moves those with a value to the associate that `targets` names, and the others
    to `to`; without `to`, they stay.
    """

    rule: Rule = Field(description="How it is decided which client goes to whom")
    to: Annotated[
        Key | None, Field(description="Personnel number of an associate", examples=["000160"])
    ] = None
    store_number: Annotated[
        Key | None,
        Field(description="Store whose associates share the clients", examples=["HOUSTON"]),
    ] = None
    attribute: Annotated[
        Key | None, Field(description="Attribute that decides", examples=["interests"])
    ] = None
    targets: Annotated[
        dict[str, Key],
        Field(
            max_length=MAX_TARGETS,
            description="Personnel number of the receiving associate, by value of the attribute",
            examples=[{"Shoes": "000160"}],
        ),
    ] = {}

    @model_validator(mode="after")
    def _is_whole(self) -> "NewHandoverPlan":
        needed = {"ToOne": self.to, "Evenly": self.store_number, "ByAttribute": self.attribute}
        if needed[self.rule] is None:
            raise ValueError("ToOne takes to, Evenly storeNumber, ByAttribute an attribute")
        if self.rule == "ByAttribute" and not self.targets:
            raise ValueError("ByAttribute takes targets")
        return self


class Move(Record):
    """One client of a bulk move, and which associate receives the client."""

    customer_id: str = Field(description="The client, as the request named them")
    name: str = Field(
        description="Name of the client when the plan was made; empty if it was not looked up"
    )
    to: Annotated[
        str, Field(description="Personnel number of the receiving associate", examples=["000160"])
    ]
    status: MoveStatus = Field(
        default="Planned",
        description="What became of the move; Kept: it was not undone, for the client has moved on",
    )
    code: str | None = Field(default=None, description="Why the move was refused")


class SkippedAssociate(Record):
    """An associate of the store who is given no clients, because they could not see them."""

    personnel_number: str = Field(description="The associate", examples=["000110"])
    code: str = Field(
        description="What they lack: the POS operation that opens the own book",
        examples=["pos-operation-712"],
    )


class BulkMove(Job):
    """How far a bulk move has come. Its `counts` are moved, refused, returned and kept."""

    kind: BulkMoveKind
    personnel_number: str
    status: BulkMoveStatus = "Preview"
    rule: NewHandoverPlan | None = None
    all_or_nothing: bool = False
    left: int = 0
    skipped: tuple[SkippedAssociate, ...] = ()
    targets: dict[str, int]
    executed_at: datetime | None = None
    undo_until: datetime | None = None
    undone_at: datetime | None = None

    @property
    def running(self) -> bool:
        return self.status in {"Executing", "Undoing"}

    def executing(self) -> "BulkMove":
        """Raise PlanNotReady unless it is a preview."""
        if self.status != "Preview":
            raise PlanNotReady(f"The plan is {self.status.lower()}.", planStatus=self.status)
        return evolve(self, status="Executing")

    def undoing(self, now: datetime) -> "BulkMove":
        """Raise PlanNotReady, UndoTooLate."""
        if self.status != "Executed":
            raise PlanNotReady(f"The plan is {self.status.lower()}.", planStatus=self.status)
        if self.undo_until is None or now > self.undo_until:
            raise UndoTooLate(f"The plan could be undone until {self.undo_until}.")
        return evolve(self, status="Undoing", chunks_done=0, ended_at=None)

    def after_last_chunk(self, now: datetime) -> "BulkMove":
        """Return it as it is then. Of all or nothing, one that was not moved leaves nothing."""
        if self.status == "Undoing":
            return evolve(self, status="Undone", undone_at=now, ended_at=now)
        if self.all_or_nothing and (self.count("refused") or self.set_aside):
            return evolve(self, status="Undoing", chunks_done=0, executed_at=now)
        return evolve(
            self, status="Executed", executed_at=now, undo_until=now + UNDO_PERIOD, ended_at=now
        )

    def concerns(self, move: Move) -> bool:
        """Return whether the move is to be done, or undone, now.

        A chunk that was set aside says Planned of clients that it may have moved.
        """
        return self.status != "Undoing" or move.status in {"Moved", "Planned"}

    def after(self, move: Move, *, code: str | None, refused: bool) -> Move:
        """Return the move when it was tried; `code` says why it was refused."""
        if self.status != "Undoing":
            return evolve(move, status="Refused" if refused else "Moved", code=code)
        if refused and move.status == "Planned":
            return move
        return evolve(move, status="Kept" if refused else "Returned")

    def outcomes(self, moves: Sequence[Move]) -> Counter[str]:
        """Return how many came to which outcome of what is being done now."""
        counted = {"Returned", "Kept"} if self.status == "Undoing" else {"Moved", "Refused"}
        return Counter(move.status.lower() for move in moves if move.status in counted)


def chunked(moves: Sequence[Move]) -> list[list[Move]]:
    starts = range(0, len(moves), MOVES_IN_CHUNK)
    return [list(moves[start : start + MOVES_IN_CHUNK]) for start in starts]


def shared_out(
    cards: Sequence[Mapping[str, Any]], rule: NewHandoverPlan, associates: Sequence[str]
) -> list[Move]:
    """Return which client goes to whom; `associates` receive an even share, in turn."""
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
    attributes = {**card["customerAttributes"], **card["attributes"]}
    value = attributes.get(str(rule.attribute))
    for item in value if isinstance(value, list) else [value]:
        text = str(item).lower() if isinstance(item, bool) else str(item)  # as JSON has it
        if text in rule.targets:
            return rule.targets[text]
    return rule.to
