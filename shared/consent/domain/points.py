"""A contact point and what is in force there, for every customer who has it.

What is in force is a maximum, so the order in which decisions arrive, and how often, is all one.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Self, cast

from pydantic import Field

from shared.core.evolve import evolve
from shared.core.values import Record
from shared.customers.domain.decisions import Channel, Decision, LedgerSource

ALL_CHANNELS: Final = "*"
RULE: Final = 1  # of the normal forms by which points are named
SOURCES: Final[Mapping[LedgerSource | None, int]] = {
    "Customer": 5, "Web": 4, "CallCenter": 3, "POS": 2, "Import": 1, "Erasure": 0, None: 0,
}  # fmt: skip


class Stamp(Record):
    """A decision as a point keeps it: who decided what, when, and where the proof is."""

    decision: Decision
    decided_at: datetime
    source: LedgerSource | None
    customer_id: str
    sequence: int
    valid_until: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        return self.valid_until is not None and self.valid_until <= now

    @property
    def rank(self) -> tuple[datetime, bool, int, str, int]:
        """Return what the greatest of wins: newer; then the withdrawal; then the source."""
        is_withdrawal = self.decision == "OptedOut"
        source = SOURCES[self.source]
        return (self.decided_at, is_withdrawal, source, self.customer_id, self.sequence)


class Register(Record):
    """The greatest decisions for one purpose and channel. A weak one counts if no strong one is."""

    strong: Stamp | None = None
    weak: Stamp | None = None

    @property
    def in_force(self) -> Stamp | None:
        return self.strong or self.weak

    def joined(self, stamp: Stamp, *, is_strong: bool) -> Self:
        if is_strong:
            return evolve(self, strong=_greater(self.strong, stamp))
        return evolve(self, weak=_greater(self.weak, stamp))

    def with_all(self, other: "Register") -> "Register":
        return Register(
            strong=_greater(self.strong, other.strong), weak=_greater(self.weak, other.weak)
        )


EMPTY: Final = Register.model_construct(strong=None, weak=None)


class Point(Record):
    """A contact point: its registers by purpose and channel, and how many customers have it."""

    kind: str
    value: str | None  # normal; None once nobody has it any more
    registers: Mapping[str, Register] = Field(default_factory=dict)
    holders: int = 0
    held: tuple[str, ...] = ()  # customers because of whom nothing is sent there
    rule: int = RULE

    def register(self, purpose: str, channel: Channel | None) -> Register:
        """Return what is decided for a channel: for it by name, or for all of the kind."""
        own = self.registers.get(_name(purpose, channel), EMPTY)
        whole = None if channel is None else self.registers.get(_name(purpose, None))
        return own if whole is None else own.with_all(whole)

    def is_withdrawn(self, purpose: str, channels: Iterable[Channel | None]) -> bool:
        """Return whether a withdrawal is in force on all of these channels."""
        in_force = (self.register(purpose, channel).in_force for channel in channels)
        return all(stamp is not None and stamp.decision == "OptedOut" for stamp in in_force)

    def joined(
        self, stamp: Stamp, purpose: str, channel: Channel | None, *, is_strong: bool
    ) -> "Point":
        """Return the point with the decision; the same one where it changes nothing."""
        name = _name(purpose, channel)
        before = self.registers.get(name, EMPTY)
        after = before.joined(stamp, is_strong=is_strong)
        if after == before:
            return self
        return evolve(self, registers={**self.registers, name: after})


def purpose_and_channel(name: str) -> tuple[str, Channel | None]:
    """Return what a register is for, by its name."""
    purpose, _, channel = name.rpartition("/")
    return purpose, None if channel == ALL_CHANNELS else cast("Channel", channel)


def _name(purpose: str, channel: Channel | None) -> str:
    return f"{purpose}/{channel or ALL_CHANNELS}"


def _greater(one: Stamp | None, other: Stamp | None) -> Stamp | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda stamp: stamp.rank)
