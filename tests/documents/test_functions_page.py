"""docs/functions.md says what the app registers."""

from tests.test_conventions import FUNCTIONS
from tools.functions.page import PAGE, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "write it again: python -m tools.functions"


def test_every_function_has_one_row_that_says_what_it_does() -> None:
    rows = [line.split(" | ") for line in page().splitlines() if line.startswith("| `")]

    assert sorted(cells[0] for cells in rows) == sorted(f"| `{one.name}`" for one in FUNCTIONS)
    assert all(cells[2].removesuffix(" |").strip() for cells in rows)
