"""python -m tools.functions: write docs/functions.md again."""

from tools.functions.page import PAGE, page

PAGE.write_text(page())
