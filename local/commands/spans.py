"""Spans as they stand in a file of lines, and a trace of them as a tree."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SHOWN = (
    "http.response.status_code", "libro.legal_entity", "libro.sync_status", "error.type",
    "messaging.message.id", "libro.store.reads", "libro.store.queries", "libro.store.commits",
    "libro.store.scattered", "libro.store.charge",
)  # fmt: skip
WIDTH = 40


@dataclass(frozen=True, slots=True)
class Span:
    name: str
    trace: str
    id: str
    parent: str | None
    links: tuple[str, ...]  # traces and spans, as `trace/span`
    began: datetime
    ended: datetime
    attributes: dict[str, Any]

    @property
    def milliseconds(self) -> float:
        return (self.ended - self.began).total_seconds() * 1000


def read_spans(lines: Iterable[str]) -> list[Span]:
    """Return the spans among the lines; metrics stand there too, and the last may be half."""
    whole = (json.loads(line) for line in lines if line.endswith("}"))
    return [_read(one) for one in whole if "context" in one]


def tree(spans: Sequence[Span], trace: str) -> Iterator[str]:
    """Draw a trace, and below it the work of other traces that is linked with it."""
    mine = [one for one in spans if one.trace == trace]
    [start] = [min(mine, key=lambda one: one.began)]
    yield f"trace {trace}"
    known = {one.id for one in mine}
    roots = [one for one in mine if one.parent not in known]
    for root in sorted(roots, key=lambda one: one.began):
        yield from _branch(root, mine, start.began, depth=0)
    linked = [one for one in spans if one.trace != trace and _leads_to(one, trace)]
    if linked:
        yield "linked, in traces of their own"
    for one in sorted(linked, key=lambda one: one.began):
        yield from _branch(one, [], start.began, depth=0)


def _branch(span: Span, all_: Sequence[Span], start: datetime, depth: int) -> Iterator[str]:
    began = (span.began - start).total_seconds() * 1000
    name = f"{'  ' * depth}{span.name}"
    shown = " ".join(
        f"{key.rpartition('.')[2]}={span.attributes[key]}"
        for key in SHOWN
        if span.attributes.get(key) not in (None, 0)
    )
    yield f"{began:8.1f} ms  {name:<{WIDTH}} {span.milliseconds:7.1f} ms  {shown}"
    children = [one for one in all_ if one.parent == span.id]
    for child in sorted(children, key=lambda one: one.began):
        yield from _branch(child, all_, start, depth + 1)


def _leads_to(span: Span, trace: str) -> bool:
    return any(link.startswith(f"{trace}/") for link in span.links)


def _read(line: dict[str, Any]) -> Span:
    context = line["context"]
    return Span(
        name=line["name"],
        trace=context["trace_id"].removeprefix("0x"),
        id=context["span_id"].removeprefix("0x"),
        parent=(line["parent_id"] or "").removeprefix("0x") or None,
        links=tuple(
            f"{one['context']['trace_id'].removeprefix('0x')}"
            f"/{one['context']['span_id'].removeprefix('0x')}"
            for one in line["links"]
        ),
        began=datetime.fromisoformat(line["start_time"]),
        ended=datetime.fromisoformat(line["end_time"]),
        attributes=line["attributes"] or {},
    )
