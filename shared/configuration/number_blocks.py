"""Numbers from a sequence, taken in blocks so that most of them cost nothing."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass

from shared.configuration.domain.collections import NUMBER_SEQUENCES
from shared.configuration.domain.number_sequences import NumberSequence, written
from shared.core.errors import NotFound
from shared.core.retry import until_not_stale
from shared.ports.documents import Documents, Replace


class NumberSequenceNotFound(NotFound):
    code = "number-sequence-not-found"


@dataclass(slots=True)
class Block:
    format: str
    next: int
    end: int


class Numbers:
    """Each process takes blocks of its own; what is left of one when it stops is a gap."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._blocks: dict[tuple[str, str], Block] = {}
        self._locks: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def take(self, legal_entity: str, code: str) -> str:
        """Return a number never given before. Raises NumberSequenceNotFound, -Exhausted."""
        place = (legal_entity, code)
        async with self._locks[place]:
            block = self._blocks.get(place)
            if block is None or block.next >= block.end:
                block = self._blocks[place] = await self._take_block(legal_entity, code)
            number = written(block.format, block.next)
            block.next += 1
            return number

    async def _take_block(self, legal_entity: str, code: str) -> Block:
        partition = (legal_entity, NUMBER_SEQUENCES.name)

        async def attempt() -> Block:
            document = await self._documents.read("settings", partition, code)
            if document is None:
                raise NumberSequenceNotFound(f"There is no number sequence {code}.")
            sequence = NumberSequence.model_validate(document.body["setting"])
            written(sequence.format, sequence.next)
            taken = sequence.taken().model_dump(mode="json", by_alias=True)
            body = {**document.body, "setting": taken}
            await self._documents.commit("settings", partition, [Replace(body, document.etag)])
            return Block(sequence.format, sequence.next, sequence.next + sequence.block_size)

        return await until_not_stale(attempt)
