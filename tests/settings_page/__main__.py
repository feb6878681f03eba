"""python -m tests.settings_page: write docs/settings.md anew."""

from tests.settings_page.page import PAGE, page

PAGE.write_text(page())
