"""Number sequences."""

import pytest

from shared.configuration.domain.number_sequences import NumberSequenceExhausted, written


def test_a_number_fills_its_format() -> None:
    assert written("######", 42) == "000042"
    assert written("C-###.x", 7) == "C-007.x"


def test_a_number_that_does_not_fit_is_refused() -> None:
    assert written("##", 99) == "99"
    with pytest.raises(NumberSequenceExhausted):
        written("##", 100)
