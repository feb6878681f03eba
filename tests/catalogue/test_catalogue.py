"""docs/events.md says what the models say."""

from typing import get_args

from shared.domain.events import MEANINGS, EventType
from tests.catalogue.page import PAGE, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "write it anew: python -m tests.catalogue"


def test_every_type_is_explained() -> None:
    assert set(MEANINGS) == set(get_args(EventType))
