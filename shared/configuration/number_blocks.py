"""Numbers from a sequence, taken in blocks so that most of them cost nothing."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass

from shared.configuration.documents import find_number_sequence, replace_number_sequence
from shared.configuration.domain.number_sequences import written
from shared.core.errors import NotFound
from shared.core.retry import until_not_stale
from shared.ports.documents import Documents


class NumberSequenceNotFound(NotFound):
    """The company has no number sequence of this code."""

    code = "number-sequence-not-found"


@dataclass(slots=True)
class Block:
    """The numbers from `next` to before `end`."""

    format: str
    next: int
    end: int


class Numbers:
    """Each process takes blocks of its own; what it has not used when it stops is a gap."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._blocks: dict[tuple[str, str], Block] = {}
        self._locks: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def take(self, legal_entity: str, code: str) -> str:
        """Return a number that was never taken before.

        Raises NumberSequenceNotFound, NumberSequenceExhausted, Unavailable.
        """
        sequence = (legal_entity, code)
        async with self._locks[sequence]:
            block = self._blocks.get(sequence)
            if block is None or block.next >= block.end:
                block = self._blocks[sequence] = await self._take_block(legal_entity, code)
            number = written(block.format, block.next)
            block.next += 1
            return number

    async def _take_block(self, legal_entity: str, code: str) -> Block:
        async def attempt() -> Block:
            stored = await find_number_sequence(self._documents, legal_entity, code)
            if stored is None:
                raise NumberSequenceNotFound(f"There is no number sequence {code}.")
            sequence = stored.value
            written(sequence.format, sequence.next)  # raises where the sequence is exhausted
            await replace_number_sequence(
                self._documents, legal_entity, sequence.taken(), stored.etag
            )
            return Block(sequence.format, sequence.next, sequence.next + sequence.block_size)

        return await until_not_stale(attempt)
