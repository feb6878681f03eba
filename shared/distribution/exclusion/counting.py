"""Counting the rows of a scope, as the index of changes has them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from shared.context import Context
from shared.distribution.domain.scopes import Scope
from shared.distribution.index.reading import Reading


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows of each table a scope holds; more where `at_least`."""

    by_table: Mapping[str, int]
    at_least: bool = False


async def count_rows(scope: Scope, most: int, context: Context) -> Rows:
    """Count what a full package for the scope would hold, up to a limit.

    A row that changes meanwhile is read again, under its new number, and counted once.
    """
    names: set[tuple[str, str]] = set()
    for shard in scope.shards:
        async for page in Reading(shard, 0).pages(scope, context):
            for entry in page:
                name = (entry.table, entry.key)
                if not entry.is_in(scope.reach):
                    names.discard(name)
                elif name not in names and len(names) == most:
                    return Rows(_by_table(names), at_least=True)
                else:
                    names.add(name)
    return Rows(_by_table(names))


def _by_table(names: set[tuple[str, str]]) -> Mapping[str, int]:
    return Counter(table for table, _ in names)
