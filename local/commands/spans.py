"""Spans from a file of JSON lines, and a trace drawn as a tree."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SHOWN_ATTRIBUTES = (
    "http.response.status_code", "libro.legal_entity", "libro.sync_status", "error.type",
    "messaging.message.id", "libro.store.reads", "libro.store.queries", "libro.store.commits",
    "libro.store.scattered", "libro.store.charge",
)  # fmt: skip
NAME_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Span:
    name: str
    trace: str
    id: str
    parent: str | None
    links: tuple[str, ...]  # as `trace/span`
    began: datetime
    ended: datetime
    attributes: dict[str, Any]

    @property
    def milliseconds(self) -> float:
        return (self.ended - self.began).total_seconds() * 1000


def read_spans(lines: Iterable[str]) -> list[Span]:
    """Return the spans among the lines, which also hold metrics and may end in a partial line."""
    records = (json.loads(line) for line in lines if line.endswith("}"))
    return [_read(record) for record in records if "context" in record]


def tree(spans: Sequence[Span], trace: str) -> Iterator[str]:
    """Draw a trace, and below it the spans of other traces that link to it."""
    own = [span for span in spans if span.trace == trace]
    start = min(span.began for span in own)
    yield f"trace {trace}"
    ids = {span.id for span in own}
    for root in _in_order(span for span in own if span.parent not in ids):
        yield from _branch(root, own, start, depth=0)
    linked = [span for span in spans if span.trace != trace and _links_to(span, trace)]
    if linked:
        yield "linked, in traces of their own"
    for span in _in_order(linked):
        yield from _branch(span, [], start, depth=0)


def _in_order(spans: Iterable[Span]) -> list[Span]:
    return sorted(spans, key=lambda span: span.began)


def _branch(span: Span, spans: Sequence[Span], start: datetime, depth: int) -> Iterator[str]:
    began = (span.began - start).total_seconds() * 1000
    name = f"{'  ' * depth}{span.name}"
    shown = " ".join(
        f"{key.rpartition('.')[2]}={span.attributes[key]}"
        for key in SHOWN_ATTRIBUTES
        if span.attributes.get(key) not in (None, 0)
    )
    yield f"{began:8.1f} ms  {name:<{NAME_WIDTH}} {span.milliseconds:7.1f} ms  {shown}"
    for child in _in_order(other for other in spans if other.parent == span.id):
        yield from _branch(child, spans, start, depth + 1)


def _links_to(span: Span, trace: str) -> bool:
    return any(link.startswith(f"{trace}/") for link in span.links)


def _read(record: dict[str, Any]) -> Span:
    context = record["context"]
    return Span(
        name=record["name"],
        trace=context["trace_id"].removeprefix("0x"),
        id=context["span_id"].removeprefix("0x"),
        parent=(record["parent_id"] or "").removeprefix("0x") or None,
        links=tuple(
            f"{link['context']['trace_id'].removeprefix('0x')}"
            f"/{link['context']['span_id'].removeprefix('0x')}"
            for link in record["links"]
        ),
        began=datetime.fromisoformat(record["start_time"]),
        ended=datetime.fromisoformat(record["end_time"]),
        attributes=record["attributes"] or {},
    )
