"""Jobs as documents of one partition: a header, and the chunks that it counts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from pydantic_core import to_json

from shared.core.concurrency import side_by_side
from shared.core.errors import AlreadyExists
from shared.core.upgrades import Upgrade, upgrade
from shared.core.values import as_text
from shared.core.versioned import Versioned
from shared.jobs.domain.jobs import Job
from shared.platform.priority import behind_others
from shared.ports.changes import Change, check_reached
from shared.ports.documents import (
    MAX_OPERATIONS,
    Create,
    Document,
    Documents,
    Operation,
    Partition,
    Replace,
)

J = TypeVar("J", bound=Job)
FOREVER_SECONDS: Final = -1
WAITING_CHUNK_SECONDS: Final = 90 * 86400  # also how long chunks stay whose header never came
# A large commit may cost a container seconds of its capacity, in which others wait.
MAX_COMMIT_BYTES: Final = 64 * 1024
COMMITS_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class JobKind(Generic[J]):
    """How the jobs of one capability are stored.

    `header_id` is a format of `id`; `chunk_id` one of `batch` and `number`. A job is kept for
    `retention_seconds` once it is over, and until then for `waiting_seconds`.
    """

    model: type[J]
    container: str
    header_type: str
    header_id: str
    chunk_type: str
    chunk_id: str
    retention_seconds: int
    waiting_seconds: int = FOREVER_SECONDS
    schema_version: int = 1
    upgrades: Mapping[int, Upgrade] = field(default_factory=dict)
    at_end: Callable[[J], Sequence[Operation]] = lambda _: ()

    def job_of(self, document: Document) -> Versioned[J]:
        body = upgrade(document.body, self.upgrades, self.schema_version)
        return Versioned(self.model.model_validate(body | {"id": body["jobId"]}), document.etag)

    async def running_job(self, change: Change, documents: Documents) -> J | None:
        """Return the job of a changed header, if there is work to do. One point read.

        Raises Lagging.
        """
        if change.type != self.header_type:
            return None
        header = await documents.read(self.container, change.partition, change.id)
        job = self.job_of(header).value if header else None
        check_reached(job.revision if job else None, change.number("revision"))
        return job if job and job.running else None

    def header_document(self, job: J) -> dict[str, Any]:
        return job.model_dump(mode="json", by_alias=True) | {
            "id": self.header_id.format(id=job.id),
            "jobId": job.id,
            "type": self.header_type,
            "createdAt": as_text(job.created_at),
            "schemaVersion": self.schema_version,
            "ttl": self.retention_seconds if job.over else self.waiting_seconds,
        }

    def chunk_document(self, job: J, chunk: "Chunk") -> dict[str, Any]:
        waits = chunk.ended_in is None
        return {
            "id": self.chunk_id.format(batch=job.batch, number=chunk.number),
            "type": self.chunk_type,
            "number": chunk.number,
            "content": chunk.content,
            "endedIn": chunk.ended_in,
            "schemaVersion": self.schema_version,
            "ttl": WAITING_CHUNK_SECONDS if waits else self.retention_seconds,
        }


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some items of a job. `ended_in` is the status of the job in which it was last applied."""

    number: int
    content: Any
    ended_in: str | None = None


@dataclass(frozen=True, slots=True)
class Jobs(Generic[J]):
    """The jobs of one kind in one partition."""

    kind: JobKind[J]
    partition: Partition
    documents: Documents

    async def load(self, job_id: str) -> Versioned[J] | None:
        """Return the header. One point read."""
        header = await self._read(self.kind.header_id.format(id=job_id))
        return self.kind.job_of(header) if header else None

    async def load_chunk(self, job: J, number: int) -> Versioned[Chunk] | None:
        """Return a chunk of the job, from 1. One point read."""
        kind = self.kind
        document = await self._read(kind.chunk_id.format(batch=job.batch, number=number))
        if document is None:
            return None
        body = upgrade(document.body, kind.upgrades, kind.schema_version)
        return Versioned(Chunk(number, body["content"], body["endedIn"]), document.etag)

    async def create(self, job: J, contents: Sequence[Any]) -> Versioned[J]:
        """Write the chunks and then the header, so that a header that is there is whole.

        The same job again is the one that is there; it must have the same chunks, or a `batch` of
        its own.
        """
        await self.create_chunks(job, contents)
        try:
            [etag] = await self._commit([Create(self.kind.header_document(job))])
        except AlreadyExists:
            existing = await self.load(job.id)
            if existing is None:
                raise
            return existing
        return Versioned(job, etag)

    async def create_chunks(self, job: J, contents: Sequence[Any]) -> None:
        """Write the chunks side by side; those that are there already stay as they are.

        So whoever begins anew goes on behind what is there, at little cost.
        """

        async def store(creations: Sequence[Create]) -> None:
            try:
                await self._commit(creations)
            except AlreadyExists:
                for creation in creations:
                    with suppress(AlreadyExists):
                        await self._commit([creation])

        batches = list(_batches(self._creations(job, contents)))
        with behind_others():
            await side_by_side(batches, store, at_once=COMMITS_AT_ONCE)

    async def replace(
        self, header: Versioned[J], job: J, operations: Sequence[Operation] = ()
    ) -> Versioned[J]:
        """Write the header over the version that was read, and the operations. Raises Stale."""
        job = job.rewritten()
        write = Replace(self.kind.header_document(job), header.etag)
        ending = self.kind.at_end(job) if job.over else ()
        [etag, *_] = await self._commit([write, *operations, *ending])
        return Versioned(job, etag)

    def replacement(self, job: J, stored: Versioned[Chunk], chunk: Chunk) -> Operation:
        return Replace(self.kind.chunk_document(job, chunk), stored.etag)

    def _creations(self, job: J, contents: Sequence[Any]) -> Iterator[Create]:
        for number, content in enumerate(contents, start=1):
            yield Create(self.kind.chunk_document(job, Chunk(number, content)))

    async def _read(self, document_id: str) -> Document | None:
        return await self.documents.read(self.kind.container, self.partition, document_id)

    async def _commit(self, operations: Sequence[Operation]) -> list[str]:
        return await self.documents.commit(self.kind.container, self.partition, operations)


def _batches(creations: Iterator[Create]) -> Iterator[list[Create]]:
    """Yield them in commits that a store takes; one that is larger by itself goes alone."""
    batch: list[Create] = []
    size = 0
    for creation in creations:
        weight = len(to_json(creation.body))
        if batch and (len(batch) == MAX_OPERATIONS or size + weight > MAX_COMMIT_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(creation)
        size += weight
    if batch:
        yield batch
