"""Pages of other origins, as the platform in Azure lets them call: no function is asked."""

from typing import Any, Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ALLOWANCE: Final = "access-control-"


class Origins(CORSMiddleware):
    """Answers each preflight with 204: one of an origin that is not listed without an allowance."""

    def preflight_response(self, request_headers: Headers) -> Response:
        judged = super().preflight_response(request_headers)
        if not self.is_allowed_origin(request_headers["origin"]):
            return Response(status_code=204)
        allowed = {name: value for name, value in judged.headers.items() if ALLOWANCE in name}
        return Response(status_code=204, headers=allowed | {"vary": "Origin"})


def with_origins(app: Any, origins: list[str]) -> Any:
    """Return the app as pages of these origins may call it.

    As in Azure no header of an answer is shown to a page but the plain ones of browsers: neither
    `ETag` nor `Location`.
    """
    return Origins(app, allow_origins=origins, allow_methods=METHODS, allow_headers=["*"])
