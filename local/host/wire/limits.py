"""Connections with limits of time: whoever sends headers slowly, or none, is not waited for."""

from asyncio import TimerHandle, Transport
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from local.host.wire.refusals import (
    CLOSE,
    LARGE_HEADERS,
    LONG_LINE,
    NOT_HTTP,
    SLOW_HEADERS,
    HostRefusal,
)


@dataclass(slots=True)
class Limits:
    """Seconds, bytes and bytes a second, those of Kestrel, on which the real host is built.

    A body may be slower than `body_bytes` a second for `body_grace` seconds. `line_size` and
    `headers_size` are in bytes.
    """

    headers: float = 30.0
    body_grace: float = 5.0
    body_bytes: float = 240.0
    line_size: int = 8_192
    headers_size: int = 32_768
    headers_count: int = 100

    def body_seconds(self, received: int) -> float:
        """Return after how many seconds of a body more than what was received has to be there."""
        return self.body_grace + received / self.body_bytes


LIMITS: Final = Limits()


class TooLong(Exception):
    """The parser need not go on."""


class LimitedConnection(HttpToolsProtocol):
    """A connection whose headers have to be complete in time and of a size, each request anew."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._awaiting_headers: TimerHandle | None = None
        self._refusal = NOT_HTTP  # of what the parser stops at
        self._is_in_head = True
        self._head = 0  # bytes of a first line and headers that are not complete
        self._size = 0  # bytes of the headers that are

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as its parent
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._have_headers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._is_answering():
            self._await_headers()
        self._head += len(data) * self._is_in_head
        super().data_received(data)
        # The parser tells of a header at its end, which may never come.
        if self._is_in_head and self._head > LIMITS.line_size + LIMITS.headers_size:
            self._refuse(LARGE_HEADERS)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.parser.get_method()) + len(self.url) + len("  HTTP/1.1\r\n") > LIMITS.line_size:
            self._stop_for(LONG_LINE)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._size += len(name) + len(value) + len(": \r\n")
        if self._size > LIMITS.headers_size or len(self.headers) > LIMITS.headers_count:
            self._stop_for(LARGE_HEADERS)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._size = 0

    def on_headers_complete(self) -> None:
        self._have_headers()
        self._is_in_head, self._head = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_in_head = True

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # its words are not ours
        self._refuse(self._refusal)

    def _stop_for(self, refusal: HostRefusal) -> None:
        self._refusal = refusal
        raise TooLong

    def _await_headers(self) -> None:
        if self._awaiting_headers is None:
            self._awaiting_headers = self.loop.call_later(LIMITS.headers, self._give_up)

    def _have_headers(self) -> None:
        if self._awaiting_headers:
            self._awaiting_headers.cancel()
            self._awaiting_headers = None

    def _give_up(self) -> None:
        self._awaiting_headers = None
        if not self._is_answering():
            self._refuse(SLOW_HEADERS)

    def _is_answering(self) -> bool:
        return bool(self.cycle) and not self.cycle.response_complete

    def _refuse(self, refusal: HostRefusal) -> None:
        if self.transport.is_closing():
            return
        if self._is_answering():  # the refusal would be taken for the answer to those before
            self.cycle.keep_alive = False
            self.flow.pause_reading()
            return
        status, headers, body = refusal.answer()
        length = (b"content-length", str(len(body)).encode())
        lines = [name + b": " + value + b"\r\n" for name, value in (*headers, length, CLOSE)]
        self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self.transport.close()


# How uvicorn serves the host, here and in tests.
UVICORN: Final[dict[str, Any]] = {
    "http": LimitedConnection,
    "ws": "none",
    "proxy_headers": False,  # nobody stands in front who could be believed
    "log_config": None,
    "access_log": False,
    "server_header": False,
}
