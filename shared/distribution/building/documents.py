"""Chains and packages as documents of their group: the only place that knows how."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from shared.context import Context
from shared.core.values import as_text
from shared.core.versioned import Versioned
from shared.distribution.domain.packages import Chain, Package, PackageNotFound
from shared.ports.documents import Create, Operation, Partition, Prefix, Range, Remove, Replace

CONTAINER: Final = "distribution"
CHAIN, PACKAGE, WANTED, ORPHANS = "chain", "package", "full-wanted", "orphaned-parts"
MAX_OPERATIONS: Final = 90  # of a commit
SCHEMA_VERSION: Final = 1


def partition(group: str, context: Context) -> Partition:
    return context.partition(f"*group:{group}")


async def find_chain(group: str, job: str, context: Context) -> Versioned[Chain] | None:
    """Return the chain, or None before its first package. One point read."""
    document = await context.documents.read(CONTAINER, partition(group, context), _chain_id(job))
    return Versioned(Chain.model_validate(document.body), document.etag) if document else None


async def all_chains(group: str, context: Context) -> dict[str, Chain]:
    """Return the chains of a group by job. One query."""
    where = partition(group, context)
    documents = context.documents.all(CONTAINER, where, Prefix("id", f"{CHAIN}:"))
    chains = [Chain.model_validate(document.body) async for document in documents]
    return {chain.job: chain for chain in chains}


async def find_package(group: str, job: str, number: int, context: Context) -> Package | None:
    """Return the package, or None. One point read."""
    name = _package_id(job, number)
    document = await context.documents.read(CONTAINER, partition(group, context), name)
    return Package.model_validate(document.body) if document else None


async def read_package(group: str, job: str, number: int, context: Context) -> Package:
    """Return the package. One point read. Raises PackageNotFound."""
    package = await find_package(group, job, number, context)
    if package is None:
        raise PackageNotFound(f"{group} has no package {number} of {job}.")
    return package


async def packages_above(group: str, job: str, number: int, context: Context) -> list[Package]:
    """Return the packages above the number, oldest first. A query for each page."""
    where = partition(group, context)
    documents = context.documents.all(CONTAINER, where, _above(job, number))
    return [Package.model_validate(document.body) async for document in documents]


async def first_above(group: str, job: str, number: int, context: Context) -> Package | None:
    """Return the first package above the number that is there. One query, of one document."""
    page = await context.documents.query(
        CONTAINER, partition(group, context), _above(job, number), limit=1
    )
    return Package.model_validate(page.documents[0].body) if page.documents else None


async def remove_packages(group: str, job: str, numbers: Sequence[int], context: Context) -> None:
    """Remove these packages, the oldest first. A commit for each ninety."""
    names = [_package_id(job, number) for number in numbers]
    await remove_all(partition(group, context), names, context)


async def remove_all(where: Partition, names: Sequence[str], context: Context) -> None:
    """Remove these documents of a partition, in this order. A commit for each ninety."""
    for start in range(0, len(names), MAX_OPERATIONS):
        operations = [Remove(name) for name in names[start : start + MAX_OPERATIONS]]
        await context.documents.commit(CONTAINER, where, operations)


async def forget_group(group: str, context: Context) -> None:
    """Remove all that is kept of a group, its chains at last. A query, a commit for each ninety."""
    where = partition(group, context)
    names = [document.id async for document in context.documents.all(CONTAINER, where)]
    names.sort(key=lambda name: name.startswith(f"{CHAIN}:"))
    await remove_all(where, names, context)


async def read_orphans(group: str, context: Context) -> Versioned[dict[str, datetime]]:
    """Return parts that no package names, and since when that is known. One point read."""
    document = await context.documents.read(CONTAINER, partition(group, context), ORPHANS)
    if document is None:
        return Versioned({}, "")
    seen = document.body["seen"].items()
    return Versioned({name: datetime.fromisoformat(at) for name, at in seen}, document.etag)


async def write_orphans(
    group: str,
    before: Versioned[dict[str, datetime]],
    seen: Mapping[str, datetime],
    context: Context,
) -> None:
    """Note them over what was read, if they differ. Raises Stale, AlreadyExists."""
    if seen == before.value:
        return
    body = {
        "id": ORPHANS,
        "type": ORPHANS,
        "seen": {name: as_text(at) for name, at in seen.items()},
        "schemaVersion": SCHEMA_VERSION,
    }
    operation = Replace(body, before.etag) if before.etag else Create(body)
    await context.documents.commit(CONTAINER, partition(group, context), [operation])


async def append_package(  # noqa: PLR0913  # both sides of the change
    group: str,
    before: Versioned[Chain] | None,
    chain: Chain,
    package: Package,
    context: Context,
    *,
    also: Sequence[Operation] = (),
) -> None:
    """Make it the next package of the chain, and do what is to be done `also`, both or none.

    One commit. Raises Stale, AlreadyExists.
    """
    body = _body(chain, CHAIN, _chain_id(chain.job))
    first: Operation = Replace(body, before.etag) if before else Create(body)
    created = Create(_body(package, PACKAGE, _package_id(package.job, package.number)))
    await context.documents.commit(CONTAINER, partition(group, context), [first, created, *also])


async def want_full(group: str, job: str, above: int, context: Context) -> None:
    """Note that a channel needs a full above this number. Repeating it changes nothing."""
    name = f"{WANTED}:{job}"
    where = partition(group, context)
    document = await context.documents.read(CONTAINER, where, name)
    if document and document.body["above"] >= above:
        return
    body = {"id": name, "type": WANTED, "above": above, "schemaVersion": SCHEMA_VERSION}
    operation = Replace(body, document.etag) if document else Create(body)
    await context.documents.commit(CONTAINER, where, [operation])


async def wanted_above(group: str, job: str, context: Context) -> int | None:
    """Return the number above which a channel needs a full, if one does. One point read."""
    name = f"{WANTED}:{job}"
    document = await context.documents.read(CONTAINER, partition(group, context), name)
    return document.body["above"] if document else None


def _body(record: Chain | Package, kind: str, name: str) -> dict[str, Any]:
    body = record.model_dump(mode="json", by_alias=True)
    return body | {"id": name, "type": kind, "schemaVersion": SCHEMA_VERSION}


def _above(job: str, number: int) -> Range:
    return Range("id", _package_id(job, number + 1), f"{PACKAGE}:{job}:~")


def _chain_id(job: str) -> str:
    return f"{CHAIN}:{job}"


def _package_id(job: str, number: int) -> str:
    return f"{PACKAGE}:{job}:{number:09d}"
