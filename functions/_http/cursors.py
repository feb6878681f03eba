"""Cursors that say where the next page begins, and cannot be forged or used elsewhere."""

import base64
import binascii
import hashlib
import hmac
from typing import Any

from pydantic_core import from_json, to_json

from functions._http.problems import BadCursor
from shared.composition.wiring import Backend

SEAL_BYTES = 12


def write(position: Any, scope: str, backend: Backend) -> str:
    payload = to_json(position)
    return base64.urlsafe_b64encode(_seal(payload, scope, backend) + payload).decode().rstrip("=")


def read(cursor: str, scope: str, backend: Backend) -> Any:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadCursor("The cursor is not valid.") from None
    seal, payload = raw[:SEAL_BYTES], raw[SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(payload, scope, backend)):
        raise BadCursor("The cursor is not valid, or belongs to another query.")
    return from_json(payload)


def _seal(payload: bytes, scope: str, backend: Backend) -> bytes:
    text = scope.encode() + b"\n" + payload
    return hmac.new(backend.cursor_key, text, hashlib.sha256).digest()[:SEAL_BYTES]
