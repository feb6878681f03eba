"""Cursors that say where the next page begins, and cannot be read, forged or used elsewhere."""

from typing import Any

from pydantic_core import from_json, to_json

from functions._http.problems import BadCursor
from shared.composition.wiring import Backend
from shared.platform.seals import SealBroken


def write(position: Any, scope: str, backend: Backend) -> str:
    return backend.cursor_seal.seal(to_json(position), scope)


def read(cursor: str, scope: str, backend: Backend) -> Any:
    try:
        return from_json(backend.cursor_seal.open(cursor, scope))
    except SealBroken:
        raise BadCursor("The cursor is not valid, or belongs to another query.") from None
