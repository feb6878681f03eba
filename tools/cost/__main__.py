"""python -m tools.cost: write docs/cost.md anew."""

from tools.cost.page import PAGE, page

PAGE.write_text(page())
