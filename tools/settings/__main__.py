"""python -m tools.settings: write docs/settings.md again."""

from tools.settings.page import PAGE, page

PAGE.write_text(page())
