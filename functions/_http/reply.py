"""What a handler answers: a body, and the HTTP things a body cannot carry."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel


@dataclass(slots=True)
class Reply:
    """`body` is a model, or a JSON value in its outside shape; `etag` goes without quotes."""

    body: BaseModel | dict[str, Any] | bytes | None = None
    status: int | None = None
    etag: str | None = None
    location: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str | None = None
