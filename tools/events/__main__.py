"""python -m tools.events: write docs/events.md anew."""

from tools.events.page import PAGE, page

PAGE.write_text(page())
