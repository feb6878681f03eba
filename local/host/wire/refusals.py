"""What the host refuses by itself, before a function is asked: never with an empty body."""

import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from pydantic_core import to_json

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]

STANDING: Final[Headers] = [
    (b"content-type", b"application/problem+json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
CLOSE: Final = (b"connection", b"close")


class Refused(Exception):
    """The host answers by itself."""

    def __init__(self, refusal: "HostRefusal") -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class HostRefusal:
    """A refusal of the host, as the app would write it down."""

    status: HTTPStatus
    code: str
    detail: str
    header: tuple[bytes, bytes] | None = None

    def answer(self, path: str = "") -> Answer:
        """Return the answer to a request for this path."""
        trace = secrets.token_hex(16)
        problem = {
            "type": f"/problems/{self.code}", "title": self.status.phrase,
            "status": int(self.status), "detail": self.detail, "instance": path,
            "code": self.code, "traceId": trace,
        }  # fmt: skip
        headers = [*STANDING, (b"x-trace-id", trace.encode())]
        if self.header:
            headers.append(self.header)
        return int(self.status), headers, to_json(problem)


def _malformed(detail: str) -> HostRefusal:
    return HostRefusal(HTTPStatus.BAD_REQUEST, "malformed-request", detail)


NOT_FOUND: Final = HostRefusal(
    HTTPStatus.NOT_FOUND, "no-such-resource", "No operation has this method and path."
)
KEY_NEEDED: Final = HostRefusal(
    HTTPStatus.UNAUTHORIZED, "unauthenticated", "Send the key of this host as x-functions-key.",
    (b"www-authenticate", b"x-functions-key"),
)  # fmt: skip
MASTER_KEY_NEEDED: Final = HostRefusal(
    HTTPStatus.FORBIDDEN, "forbidden", "That needs the master key of this host."
)
NOT_JSON: Final = HostRefusal(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Send it as application/json."
)
TOO_LARGE: Final = HostRefusal(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", "The body is larger than the host takes."
)
SLOW_BODY: Final = HostRefusal(
    HTTPStatus.REQUEST_TIMEOUT, "request-timeout", "The body comes too slowly."
)
SLOW_HEADERS: Final = HostRefusal(
    HTTPStatus.REQUEST_TIMEOUT, "request-timeout", "The headers did not come in time."
)
NOT_HTTP: Final = _malformed("The request is not one of HTTP/1.1.")
NO_SINGLE_HOST: Final = _malformed("The request names no host, or more than one.")
ODD_HEADER: Final = _malformed("A header is not UTF-8.")
ODD_PATH: Final = _malformed("The path has a zero byte.")
LONG_LINE: Final = HostRefusal(
    HTTPStatus.REQUEST_URI_TOO_LONG, "uri-too-long", "The first line has more than 8,192 bytes."
)
LARGE_HEADERS: Final = HostRefusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large",
    "There are more than 100 headers, or more than 32,768 bytes of them.",
)  # fmt: skip
NOT_STARTED: Final = HostRefusal(
    HTTPStatus.BAD_REQUEST, "malformed-json", 'Send {"input": "..."} with what it takes.'
)
FAILED: Final = HostRefusal(
    HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "The function failed; see the log of the host."
)
