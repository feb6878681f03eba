"""The file to import, as request bodies that create customers."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from local.maps import Map, guid


class BadSource(ValueError):
    """The file cannot be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file: its number, its text, and the create body made from it."""

    number: int
    text: str
    body: str


class Source:
    """Reads the file. Every line gets a GUID derived from it, so that a second import finds it."""

    def __init__(self, path: Path, map_: Map | None, legal_entity: str) -> None:
        self._path = path
        self._map = map_
        self._legal_entity = legal_entity
        try:
            self.total = sum(1 for _ in self._lines())
        except (OSError, EOFError) as exc:
            raise BadSource(f"{path} cannot be read: {exc}") from exc

    def parts(self, size: int) -> Iterator[list[Row]]:
        part: list[Row] = []
        for number, text in self._lines():
            part.append(Row(number, text, self._body(number, text)))
            if len(part) == size:
                yield part
                part = []
        if part:
            yield part

    def _lines(self) -> Iterator[tuple[int, str]]:
        with self._open() as file:
            for number, line in enumerate(file, start=1):
                if text := line.strip():
                    yield number, text

    def _open(self) -> IO[str]:
        if self._path.suffix == ".gz":
            return gzip.open(self._path, "rt", encoding="utf-8", errors="replace")
        return self._path.open(encoding="utf-8", errors="replace")

    def _body(self, number: int, text: str) -> str:
        """Return the create body; a line that is no JSON object is sent as it is, to be refused."""
        try:
            line: Any = json.loads(text)
        except ValueError:
            return text
        if not isinstance(line, dict):
            return text
        body = self._map.body(line, self._legal_entity) if self._map else line
        body.setdefault("id", guid(self._legal_entity, f"{number}:{text}"))
        return json.dumps(body)
