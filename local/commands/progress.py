"""A progress bar for people, and counts for the summary."""

from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

COUNTS = ("created", "alreadyThere", "refused")


class Progress:
    def __init__(self, total: int) -> None:
        self._counts = dict.fromkeys(COUNTS, 0)
        columns = (
            TextColumn("Importing"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[refused]} refused"),
        )
        self._bar = Bar(*columns, console=Console(stderr=True))
        self._task = self._bar.add_task("import", total=total, refused=0)

    @property
    def refused(self) -> int:
        return self._counts["refused"]

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, state: dict[str, Any]) -> None:
        """Show the counts of the running part, added to those of the completed parts."""
        completed = sum(self._counts.values()) + sum(state[name] for name in COUNTS)
        self._bar.update(self._task, completed=completed, refused=self.refused + state["refused"])

    def add(self, state: dict[str, Any]) -> None:
        self.show(state)
        for name in COUNTS:
            self._counts[name] += state[name]

    def summary(self) -> str:
        counts = self._counts
        return (
            f"{counts['created']} created, {counts['alreadyThere']} already there, "
            f"{counts['refused']} refused."
        )
