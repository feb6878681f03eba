"""Reading the body of a request: all of it, or a refusal; never more slowly than the limits say."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from local.host.wire.limits import LIMITS
from local.host.wire.refusals import CLOSE, SLOW_BODY, TOO_LARGE, Answer, Refused

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

BODILESS: Final = frozenset({204, 205, 304})
MAX_BODY_BYTES: Final = 104_857_600


class Gone(Exception):
    """The caller has hung up before the body was complete: there is nobody to answer."""


class Body:
    """The body that the headers of a request announce."""

    def __init__(self, headers: Mapping[str, str], receive: Receive) -> None:
        self._receive = receive
        length = headers.get("content-length", "")
        self._length = int(length) if length.isdecimal() else 0
        self.is_chunked = "transfer-encoding" in headers
        self.is_unread = self._length > 0 or self.is_chunked

    async def read(self) -> bytes:
        """Return the body. One without Content-Length is left unread. Raises Refused, Gone."""
        if self._length == 0:
            return b""
        if self._length > MAX_BODY_BYTES:
            raise Refused(TOO_LARGE)
        began, received = time.monotonic(), bytearray()
        while self.is_unread:
            left = began + LIMITS.body_seconds(len(received)) - time.monotonic()
            try:
                message = await asyncio.wait_for(self._receive(), max(left, 0))
            except TimeoutError:
                raise Refused(SLOW_BODY) from None
            if message["type"] == "http.disconnect":
                raise Gone
            received += message.get("body", b"")
            self.is_unread = bool(message.get("more_body"))
        return bytes(received)


async def respond(answering: Awaitable[Answer], path: str, body: Body, send: Send) -> None:
    """Send the answer, or the refusal of the host.

    A body that is unread ends the connection: the next request would be behind it.
    """
    try:
        status, headers, content = await answering
    except Refused as exc:
        status, headers, content = exc.refusal.answer(path)
    except Gone:
        return
    if status not in BODILESS:
        headers.append((b"content-length", str(len(content)).encode()))
    if body.is_unread:
        headers.append(CLOSE)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
