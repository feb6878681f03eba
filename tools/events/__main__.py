"""python -m tools.events: write docs/events.md again."""

from tools.events.page import PAGE, page

PAGE.write_text(page())
