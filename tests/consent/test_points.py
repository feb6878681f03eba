"""What is in force at a point: a maximum, so order and repetition are all one."""

import random
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from shared.consent.domain.points import Point, Stamp
from shared.customers.domain.decisions import Channel, Decision, Source

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
EMPTY = Point(kind="phone", value="+12065550147")
Said = tuple[Stamp, Channel | None, bool]


def stamp(
    decision: Decision, minutes: int = 0, source: Source = "POS", by: str = "a", number: int = 1
) -> Stamp:
    return Stamp(
        decision=decision,
        decided_at=NOON + timedelta(minutes=minutes),
        source=source,
        customer_id=by,
        sequence=number,
    )


def joined(*said: Said) -> Point:
    point = EMPTY
    for one, channel, is_strong in said:
        point = point.joined(one, "Marketing", channel, is_strong=is_strong)
    return point


def in_force(point: Point, channel: Channel = "sms") -> Stamp | None:
    return point.register("Marketing", channel).in_force


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        (stamp("OptedIn", 1), stamp("OptedOut", 0)),
        (stamp("OptedOut", 0), stamp("OptedIn", 0, "Customer")),
        (stamp("OptedIn", 0, "Customer"), stamp("OptedIn", 0, "Web")),
        (stamp("OptedIn", 0, "Web"), stamp("OptedIn", 0, "CallCenter")),
        (stamp("OptedIn", 0, "CallCenter"), stamp("OptedIn", 0, "POS")),
        (stamp("OptedIn", 0, "POS"), stamp("OptedIn", 0, "Import")),
        (stamp("OptedIn", 0, by="b"), stamp("OptedIn", 0, by="a", number=9)),
        (stamp("OptedIn", 0, number=10), stamp("OptedIn", 0, number=9)),
    ],
)
def test_who_wins_among_strong_decisions(winner: Stamp, loser: Stamp) -> None:
    for order in permutations([(winner, None, True), (loser, None, True)]):
        assert in_force(joined(*order)) == winner


def test_a_weak_one_counts_only_while_there_is_no_strong_one() -> None:
    weak, strong = stamp("OptedIn", 99), stamp("OptedOut", 0)

    assert in_force(joined((weak, None, False))) == weak
    for order in permutations([(weak, None, False), (strong, None, True)]):
        assert in_force(joined(*order)) == strong


def test_a_decision_for_all_channels_and_one_for_a_channel() -> None:
    whole, sms = stamp("OptedIn", 0), stamp("OptedOut", 1)
    point = joined((whole, None, True), (sms, "sms", True))

    assert in_force(point, "sms") == sms
    assert in_force(point, "call") == whole


def test_any_order_and_any_repetition_lead_to_the_same() -> None:
    chance = random.Random(42)
    for _ in range(200):
        said: list[Said] = [
            (
                stamp(
                    chance.choice(["OptedIn", "OptedOut"]),
                    chance.randrange(4),
                    chance.choice(["POS", "Web", "Customer"]),
                    chance.choice("abc"),
                    number,
                ),
                chance.choice([None, "sms", "call"]),
                chance.random() < 0.5,
            )
            for number in range(6)
        ]
        expected = joined(*said).registers
        for _ in range(5):
            shuffled = chance.sample([*said, *chance.choices(said, k=3)], 9)
            assert joined(*shuffled).registers == expected
