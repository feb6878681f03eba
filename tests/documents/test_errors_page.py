"""docs/errors.md says what the code refuses."""

from functions._http.documented import refusals
from functions._http.operation import OPERATIONS
from tools.errors.page import PAGE, meaning, page, public


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "write it again: python -m tools.errors"


def test_every_code_that_an_operation_lists_is_explained() -> None:
    listed = {kind.code for one in OPERATIONS.values() for kind in refusals(one)}

    assert listed <= set(public())
    assert all(len(meaning(kind)) > len("Refused.") for kind in public().values())
