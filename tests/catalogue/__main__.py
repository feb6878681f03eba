"""python -m tests.catalogue: write docs/events.md anew."""

from tests.catalogue.page import PAGE, page

PAGE.write_text(page())
