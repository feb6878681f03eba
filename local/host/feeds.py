"""Change-feed triggers, served from the change feed of the store."""

import asyncio
import json
import logging
from typing import Any

from azure.functions.meta import Datum

from local.host.functions import Function, decode
from shared.ports.documents import Document, Documents, Put

log = logging.getLogger(__name__)

BATCH_SIZE = 25  # documents; a chunk of an import can be half a megabyte
POLL_SECONDS = 0.2  # while the feed has nothing new


async def follow(function: Function, documents: Documents) -> None:
    """Deliver every change in order, and store the position reached."""
    container = str(function.trigger["containerName"])
    name = f"{function.name}@{container}"
    checkpoint = await documents.read("leases", (name,), name)
    position = checkpoint.body["position"] if checkpoint else None
    while True:
        changes = await documents.changes(container, position, BATCH_SIZE)
        if not changes.documents:
            await asyncio.sleep(POLL_SECONDS)
            continue
        await deliver(function, [_with_quoted_etag(document) for document in changes.documents])
        position = changes.position
        await documents.commit("leases", (name,), [Put({"id": name, "position": position})])


async def deliver(function: Function, batch: list[dict[str, Any]]) -> None:
    """Invoke the function, and again after a failure as its retry policy allows.

    When the retries are exhausted, or there is no policy, the batch is skipped and the feed
    continues. The real host does the same: a function without a policy loses changes.
    """
    attempt = 0
    while True:
        try:
            await function.invoke(decode("cosmosDBTrigger", Datum(json.dumps(batch), "json")))
        except Exception:
            log.exception("Executed 'Functions.%s' (Failed)", function.name)
        else:
            return
        retry = function.retry
        if retry is None or 0 <= retry.count <= attempt:
            log.error("%s: %d changes are skipped after the last retry", function.name, len(batch))
            return
        attempt += 1
        await asyncio.sleep(retry.seconds)


def _with_quoted_etag(document: Document) -> dict[str, Any]:
    return document.body | {"_etag": f'"{document.etag}"'}  # quoted, as Cosmos DB returns it
