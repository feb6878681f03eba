"""Runs of retention policies: one that works and one that counts for each, started and read."""

from collections.abc import AsyncIterator
from typing import Any, Final

from shared.context import Context
from shared.core.versioned import Versioned
from shared.ports.documents import Create, Document, Operation, Replace
from shared.privacy.domain.retention import (
    RetentionPolicy,
    RetentionRun,
    RunInProgress,
    RunNotFound,
    run_id,
)

CONTAINER: Final = "settings"
RUNS: Final = "retention-runs"
SCHEMA_VERSION: Final = 1


async def start_run(
    policy: RetentionPolicy, *, dry_run: bool, context: Context
) -> Versioned[RetentionRun]:
    """Begin a run, in the place of the one before. Raises RunInProgress, Stale."""
    name = run_id(policy.data_class, dry_run=dry_run)
    stored = await _find(name, context)
    if stored and stored.value.state == "Running":
        raise RunInProgress("The run before has not come to its end.")
    run = RetentionRun(
        id=name,
        data_class=policy.data_class,
        dry_run=dry_run,
        before=policy.before(context.now),
        started_at=context.now,
        started_by=context.actor,
    )
    return await write_run(run, stored.etag if stored else None, context)


async def read_run(name: str, context: Context) -> Versioned[RetentionRun]:
    """Return the run. One point read. Raises RunNotFound."""
    run = await _find(name, context)
    if run is None:
        raise RunNotFound(f"There was no run {name} yet.")
    return run


async def running(context: Context) -> AsyncIterator[Versioned[RetentionRun]]:
    """Yield the runs that have not come to their end. One query."""
    async for document in context.documents.all(CONTAINER, (context.legal_entity, RUNS)):
        run = _run_of(document)
        if run.value.state == "Running":
            yield run


async def write_run(
    run: RetentionRun, etag: str | None, context: Context
) -> Versioned[RetentionRun]:
    """Write it over exactly the version that was read. Raises Stale, AlreadyExists."""
    body: dict[str, Any] = run.model_dump(mode="json", by_alias=True) | {
        "position": run.position,
        "schemaVersion": SCHEMA_VERSION,
    }
    operation: Operation = Replace(body, etag) if etag else Create(body)
    [written] = await context.documents.commit(CONTAINER, (context.legal_entity, RUNS), [operation])
    return Versioned(run, written)


async def _find(name: str, context: Context) -> Versioned[RetentionRun] | None:
    partition = (context.legal_entity, RUNS)
    document = await context.documents.read(CONTAINER, partition, name)
    return _run_of(document) if document else None


def _run_of(document: Document) -> Versioned[RetentionRun]:
    return Versioned(RetentionRun.model_validate(document.body), document.etag)
