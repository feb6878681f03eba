"""docs/events.md says what the models say."""

from typing import get_args

from shared.customers.domain.events import MEANINGS, EventType
from tools.events.page import PAGE, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "write it again: python -m tools.events"


def test_every_type_is_explained() -> None:
    assert set(MEANINGS) == set(get_args(EventType))
