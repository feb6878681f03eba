"""What keeps an answer from being stored, taken for something else, or framed.

Set here, at one place, on every answer: an operation says only where it differs.
"""

from typing import Final

import azure.functions as func

NO_STORE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
HTML: Final = "text/html"
BARE_PAGE: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def protect(response: func.HttpResponse) -> None:
    """Add the headers that the answer does not have. A page may load nothing, unless it says so."""
    for name, value in NO_STORE.items():
        response.headers.setdefault(name, value)
    if response.mimetype == HTML:
        response.headers.setdefault("Content-Security-Policy", BARE_PAGE)
