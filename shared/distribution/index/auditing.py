"""Auditing the index: each customer is compared with its entry, page by page.

A feed may lose a change: it stops and is started anew, or a batch is given up.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Final

from pydantic_core import from_json, to_json

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.errors import Stale
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.customers.copies import copy_customer
from shared.customers.directory.walking import WalkPosition, walk
from shared.distribution.domain.audits import Audit, NothingToAudit
from shared.distribution.domain.jobs import check_number
from shared.distribution.domain.scopes import CUSTOMERS
from shared.distribution.index.customers import index_customer, is_indexed
from shared.ports.documents import Create, Operation, Replace

CONTAINER: Final = "distribution"
AUDITS: Final = "*audits"  # the partition; no key of a setting begins so
AUDIT: Final = "index-audit"
SCHEMA_VERSION: Final = 1
PAGE_SIZE: Final = 100
AT_ONCE: Final = 16
SETTLING: Final = timedelta(minutes=10)  # what was changed since then may be on its way


def check_audited(number: str) -> None:
    """Raise DistributionJobNotFound, or NothingToAudit for a job without customers."""
    if CUSTOMERS not in check_number(number).tables:
        raise NothingToAudit(f"Job {number} sends no customers.")


async def start_audit(context: Context) -> Audit:
    """Start an audit; one that has not ended goes on. Raises Unavailable."""

    async def attempt() -> Audit:
        stored = await _find(context)
        if stored and stored.value.ended_at is None:
            return stored.value
        audit = Audit(
            started_at=context.now, ended_at=None, looked=0, repaired=0, started_by=context.actor
        )
        await _write(audit, stored, context)
        return audit

    return await until_not_stale(attempt)


async def last_audit(context: Context) -> Audit | None:
    """Return the newest audit, or None before the first. One point read."""
    stored = await _find(context)
    return stored.value if stored else None


async def audit_next_page(context: Context, *, page_size: int = PAGE_SIZE) -> int | None:
    """Look at the next customers; return how many were repaired, or None if no audit goes on.

    A page that was begun is looked at again after a crash: that changes nothing. 2 reads for each
    customer, 16 side by side. Raises Unavailable.
    """
    stored = await _find(context)
    if stored is None or stored.value.ended_at:
        return None
    audit = stored.value
    here = WalkPosition(**from_json(audit.position)) if audit.position else None
    page = await walk(here, limit=page_size, context=context)

    async def repair(key: str) -> bool:
        return await _repair(key, context)

    repaired = sum(await side_by_side(page.keys, repair, at_once=AT_ONCE))
    after = page.position
    text = to_json({"year": after.year, "after": after.after}).decode() if after else None
    with suppress(Stale):  # another worker goes on with it
        await _write(audit.continued(len(page.keys), repaired, text, context.now), stored, context)
    return repaired


async def _repair(key: str, context: Context) -> bool:
    """Append what the index lacks of a customer; return whether it lacked anything."""
    customer = await copy_customer(key, context)
    if customer is None or context.now - customer.modified_at < SETTLING:
        return False
    if await is_indexed(key, customer.version, context):
        return False
    return await index_customer(key, customer.version, context) > 0


async def _find(context: Context) -> Versioned[Audit] | None:
    document = await context.documents.read(CONTAINER, context.partition(AUDITS), AUDIT)
    return Versioned(Audit.model_validate(document.body), document.etag) if document else None


async def _write(audit: Audit, before: Versioned[Audit] | None, context: Context) -> None:
    """Write it over what was read. Raises Stale, AlreadyExists."""
    body = audit.model_dump(mode="json", by_alias=True) | {
        "id": AUDIT,
        "type": AUDIT,
        "schemaVersion": SCHEMA_VERSION,
    }
    operation: Operation = Replace(body, before.etag) if before else Create(body)
    await context.documents.commit(CONTAINER, context.partition(AUDITS), [operation])
