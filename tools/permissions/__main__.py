"""python -m tools.permissions: write docs/permissions.md again."""

from tools.permissions.page import PAGE, page

PAGE.write_text(page())
