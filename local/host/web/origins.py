"""Pages of other origins, as the platform in Azure lets them call: no function is asked."""

from typing import Any, Final

from starlette.middleware.cors import CORSMiddleware

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def with_origins(app: Any, origins: list[str]) -> Any:
    """Return the app that answers preflights of these origins; of none, the app itself.

    As in Azure no header of an answer is shown to a page but the plain ones of browsers: neither
    `ETag` nor `Location`.
    """
    if not origins:
        return app
    return CORSMiddleware(app, allow_origins=origins, allow_methods=METHODS, allow_headers=["*"])
