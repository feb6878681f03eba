"""Claims of external ids as documents, and the fences that keep a late writer from one.

A claim says which customer an external id is for. It lies in a partition of its own, so that only
one can be made; no commit covers it and the customer. So it counts only as far as the record of the
customer says the same, and who finds that it does not may take it over: see `claiming`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from shared.context import Context
from shared.core.values import as_text
from shared.customers import documents as customers
from shared.customers.directory.documents import CONTAINER
from shared.ports.documents import Create, Document, Operation, Partition, Put, Remove, Replace

CLAIM: Final = "external-id"  # the type, and the id in its partition
FENCE: Final = "external-id-lost"  # likewise, in the partition of the customer
FENCE_SECONDS: Final = 24 * 60 * 60
SCHEMA_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class ExternalId:
    """The id of a customer in another system."""

    system: str
    value: str

    def __str__(self) -> str:
        return f"{self.system}:{self.value}"

    def name(self, context: Context) -> str:
        """Return by what it is found: a keyed hash, which stays when a person is forgotten."""
        return context.point_names.name(context.legal_entity, "external-id", str(self))


@dataclass(frozen=True, slots=True)
class Claim:
    """For whom an external id is, and since when; `etag` is the version that was read."""

    customer_id: str
    claimed_at: datetime
    etag: str


def partition_of(name: str, context: Context) -> Partition:
    return context.partition(f"external:{name}")


async def find_document(name: str, context: Context) -> Document | None:
    """Return the document of a claim as the last writer left it. One point read, double price."""
    return await context.documents.read_newest(CONTAINER, partition_of(name, context), CLAIM)


async def find_claim(name: str, context: Context) -> Claim | None:
    """Return the claim as the last writer left it, or None. One point read, at double price."""
    document = await find_document(name, context)
    if document is None:
        return None
    body = document.body
    claimed_at = datetime.fromisoformat(body["claimedAt"])
    return Claim(body["customerId"], claimed_at, document.etag)


async def write_claim(name: str, key: str, before: Claim | None, context: Context) -> None:
    """Claim it for a customer, in place of exactly the claim that was read.

    Raises AlreadyExists, Stale.
    """
    body = {
        "id": CLAIM,
        "type": CLAIM,
        "customerId": key,
        "claimedAt": as_text(datetime.now(UTC)),
        "schemaVersion": SCHEMA_VERSION,
    }
    write: Operation = Replace(body, before.etag) if before else Create(body)
    await context.documents.commit(CONTAINER, partition_of(name, context), [write])


async def remove_claim(name: str, claim: Claim, context: Context) -> None:
    """Remove exactly the claim that was read. Raises Stale."""
    partition = partition_of(name, context)
    # A removal names no version, so the commit replaces the document first.
    operations: list[Operation] = [Replace({"id": CLAIM, "type": CLAIM}, claim.etag), Remove(CLAIM)]
    await context.documents.commit(CONTAINER, partition, operations)


async def put_fence(key: str, context: Context) -> None:
    """Let no commit of the customer be written any more that `passing` was read for."""
    body = {"id": FENCE, "type": FENCE, "schemaVersion": SCHEMA_VERSION, "ttl": FENCE_SECONDS}
    await customers.commit(key, [Put(body)], context)


async def passing(key: str, context: Context) -> list[Operation]:
    """Return what fails a commit of the customer if a fence is put from now on. One point read.

    It leaves nothing behind: the fence of before goes as well.
    """
    fence = await context.documents.read(customers.CONTAINER, context.partition(key), FENCE)
    body = {"id": FENCE, "type": FENCE}
    return [Replace(body, fence.etag) if fence else Create(body), Remove(FENCE)]
