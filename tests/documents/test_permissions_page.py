"""docs/permissions.md says what the operations let in."""

from functions._http.operation import OPERATIONS
from tools.permissions.page import PAGE, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "write it again: python -m tools.permissions"


def test_every_operation_has_one_row() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]

    assert len(rows) == len(OPERATIONS)
