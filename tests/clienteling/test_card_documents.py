"""Sort keys of cards: text that is ordered as the values are."""

from datetime import date
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.clienteling.domain.cards import END, sort_key
from shared.configuration.domain.attributes import LARGEST
from shared.core.language.words import fold

thorough = settings(derandomize=True, database=None, deadline=None, max_examples=500)
TINY = 5e-324  # the smallest number above zero that there is
HUGE = 1.7976931348623157e308

whole_numbers = st.integers(-LARGEST, LARGEST) | st.integers(-20, 20)
fractions = st.floats(allow_nan=False, allow_infinity=False) | st.floats(-2, 2)
numbers = whole_numbers | fractions
letters = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)


def in_order(smaller: Any, larger: Any) -> bool:
    """Tell whether a card of the one comes before a card of the other, whoever they are of."""
    return f"{sort_key(smaller)}{END}ffff" < f"{sort_key(larger)}{END}0000"


@given(one=numbers, other=numbers)
@example(one=0.0, other=-0.0)
@example(one=0, other=-0.0)
@example(one=-TINY, other=0)
@example(one=TINY, other=0.0)
@example(one=-HUGE, other=-LARGEST)
@example(one=HUGE, other=LARGEST)
@example(one=LARGEST, other=LARGEST - 1)
@example(one=9, other=10)
@example(one=-9, other=-10)
@example(one=1, other=1.0)
@thorough
def test_numbers_sort_as_numbers(one: float, other: float) -> None:
    assert in_order(one, other) == (one < other)
    assert in_order(other, one) == (other < one)
    assert (sort_key(one) == sort_key(other)) == (one == other)


def test_no_comes_before_yes() -> None:
    assert in_order(False, True)


@given(one=st.dates(), other=st.dates())
@thorough
def test_dates_sort_as_dates(one: date, other: date) -> None:
    assert in_order(one.isoformat(), other.isoformat()) == (one < other)


@given(one=letters, other=letters)
@example(one="Łódź", other="lodz")
@example(one="ab", other="ab c")
@example(one="Zoe", other="anna")
@thorough
def test_texts_sort_without_case_and_accents(one: str, other: str) -> None:
    assert in_order(one, other) == (fold(one) < fold(other))


@given(values=st.lists(whole_numbers, min_size=1) | st.lists(fractions, min_size=1))
@thorough
def test_of_several_numbers_the_smallest_counts(values: list[Any]) -> None:
    assert sort_key(values) == sort_key(min(values))
