"""python -m tools.errors: write docs/errors.md again."""

from tools.errors.page import PAGE, page

PAGE.write_text(page())
