"""python -m tools.cost: write docs/cost.md again."""

from tools.cost.page import PAGE, page

PAGE.write_text(page())
