"""Whatever overtakes what: a package is exact where it ends, and packages follow without a gap."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from local.folder import Folder
from shared.context import Context
from shared.distribution.domain.entries import Entry
from shared.distribution.domain.scopes import Scope
from shared.distribution.index import documents
from shared.distribution.index.reading import Reading
from tests.api import COMPANY
from tests.distribution.index.shard import Shard
from tests.distribution.index.simulation import NOW, Rules, World

STEPS = 60
MUTANT_TRIES = 3_000


@pytest.fixture
def context(folder: Folder) -> Context:
    backend = folder.backend(Shard(keeps_left=True))
    return backend.context(COMPANY, "system:distribution", NOW)


async def live(seed: int, context: Context, rules: Rules) -> None:
    await World(random.Random(seed), context, rules).run(STEPS)


async def live_often(context: Context, rules: Rules) -> None:
    for seed in range(MUTANT_TRIES):
        await live(seed, context, rules)


def test_the_index_keeps_its_promise(context: Context, scale: Callable[[int, int], int]) -> None:
    with asyncio.Runner() as runner:

        @settings(
            derandomize=True, database=None, deadline=None, max_examples=scale(600, 60_000),
            phases=[Phase.generate],
        )  # fmt: skip
        @given(st.integers(0, 2**63))
        def whatever_happens(seed: int) -> None:
            runner.run(live(seed, context, Rules()))

        whatever_happens()


class HeadReadLast(Reading):
    """A mutant: where a package ends is read after its last page."""

    async def pages(
        self, scope: Scope, context: Context, *, page_size: int = 1
    ) -> AsyncIterator[Sequence[Entry]]:
        number = self.number
        while page := await documents.query_above(
            self.shard, number, scope, limit=page_size, context=context
        ):
            number = page[-1].seq
            yield page
        self.number = (await documents.read_head(self.shard, context)).value


class HeadReadFirst(Reading):
    """A mutant: where a package ends is read before its first page."""

    async def pages(
        self, scope: Scope, context: Context, *, page_size: int = 1
    ) -> AsyncIterator[Sequence[Entry]]:
        head = await documents.read_head(self.shard, context)
        async for page in super().pages(scope, context, page_size=page_size):
            yield page
        self.number = head.value


@dataclass
class Mutant:
    name: str
    rules: Rules


MUTANTS = [
    Mutant("the head is read last", Rules(reading=HeadReadLast)),
    Mutant("the head is read first", Rules(reading=HeadReadFirst)),
    Mutant("who left a scope is forgotten", Rules(keeps_left=False)),
    Mutant("an older version is taken for a newer one", Rules(guards_versions=False)),
    Mutant("two builders append to a chain", Rules(guards_chains=False)),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_mutant_is_caught(mutant: Mutant, context: Context) -> None:
    with pytest.raises(AssertionError):
        asyncio.run(live_often(context, mutant.rules))
