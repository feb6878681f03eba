"""python -m tools.settings: write docs/settings.md anew."""

from tools.settings.page import PAGE, page

PAGE.write_text(page())
