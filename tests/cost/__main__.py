"""python -m tests.cost: write docs/cost.md anew."""

from tests.cost.page import PAGE, page

PAGE.write_text(page())
