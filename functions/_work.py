"""One piece of work that a trigger starts: traced, its store operations counted, measured."""

import functools
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

import azure.functions as func

from shared.composition.telemetry import telemetry
from shared.platform.metering import Tally, tally
from shared.ports.telemetry import Attributes, Kind, Span

F = TypeVar("F", bound=Callable[..., Awaitable[None]])


class Work:
    """A context manager; the work has failed if it is left by an exception.

    Its store operations are counted for the work around it too, if there is any.
    """

    __slots__ = ("_around", "_labels", "_started", "_telemetry", "count", "span")

    def __init__(
        self,
        name: str,
        kind: Kind,
        *,
        parent: str | None = None,
        links: Iterable[str] = (),
        attributes: Attributes | None = None,
    ) -> None:
        self._telemetry = telemetry()
        self._labels: dict[str, str | int | float | bool] = {"libro.operation": name}
        self.count = Tally()
        self.span: Span = self._telemetry.span(
            name, kind, parent=parent, links=links, attributes=attributes
        )

    def __enter__(self) -> "Work":
        self._started = time.perf_counter()
        self._around = tally.set(self.count)
        self.span.__enter__()
        return self

    def __exit__(self, kind: Any, exc: Any, trace: Any) -> None:
        if self._telemetry.on:
            self._measure(kind)
        self.span.__exit__(kind, exc, trace)
        tally.reset(self._around)
        if around := tally.get():
            around.add(self.count)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._started

    def answered(self, status: int) -> None:
        """Record the status of the answer."""
        if self._telemetry.on:
            self._labels["http.response.status_code"] = status
            self.span.note({"http.response.status_code": status})
            if status >= 500:  # noqa: PLR2004  # ours, not the caller's
                self.span.fail(str(status))

    def _measure(self, failed: type[BaseException] | None) -> None:
        if failed is not None:
            self._labels["error.type"] = failed.__name__
        count, labels = self.count, self._labels
        self.span.note(
            {
                "libro.operation": labels["libro.operation"],
                "libro.store.reads": count.reads,
                "libro.store.queries": count.queries,
                "libro.store.commits": count.commits,
                "libro.store.scattered": count.scattered,
            }
        )
        is_http = "http.response.status_code" in labels
        name = "http.server.request.duration" if is_http else "libro.work.duration"
        self._telemetry.measure(name, self.seconds, labels)
        if count.charge:
            self.span.note({"libro.store.charge": round(count.charge, 2)})
            self._telemetry.measure("libro.store.charge", count.charge, labels)
        if count.throttled:
            self.span.note({"libro.store.throttled": count.throttled})
            self._telemetry.count("libro.store.throttled", count.throttled, labels)


def observed(function: F) -> F:
    """Measure each invocation of a feed or a timer as work, linked to the traces that caused it."""

    @functools.wraps(function)  # the worker follows it to the same signature
    async def entry(**arguments: Any) -> None:
        changes = next(iter(arguments.values()))
        links = _origins(changes) if isinstance(changes, func.DocumentList) else ()
        with Work(function.__name__, "consumer", links=links):
            await function(**arguments)

    return entry  # type: ignore[return-value]  # it takes what the function takes


def _origins(changes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the traces in which these documents were written, as far as they say."""
    parents = (change.get("event", change).get("traceparent") for change in changes)
    return list(dict.fromkeys(parent for parent in parents if parent))
