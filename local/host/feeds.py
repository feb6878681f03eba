"""Change-feed triggers, from the feed of the embedded store."""

import asyncio
import json
import logging
from typing import Any

from azure.functions.meta import Datum

from local.host.functions import Function, decode
from shared.ports.documents import Document, Documents, Put

log = logging.getLogger(__name__)

BATCH = 25  # a chunk of an import can be half a megabyte
IDLE = 0.2  # seconds between looks at a feed that has nothing new


async def follow(function: Function, documents: Documents) -> None:
    """Hand over every change, in order, and remember how far that came."""
    container = str(function.trigger["containerName"])
    name = f"{function.name}@{container}"
    checkpoint = await documents.read("leases", (name,), name)
    position = checkpoint.body["position"] if checkpoint else None
    while True:
        changes = await documents.changes(container, position, BATCH)
        if not changes.documents:
            await asyncio.sleep(IDLE)
            continue
        await deliver(function, [_outside(document) for document in changes.documents])
        position = changes.position
        await documents.commit("leases", (name,), [Put({"id": name, "position": position})])


async def deliver(function: Function, batch: list[dict[str, Any]]) -> None:
    """Invoke the function, again after a failure as long as its retry policy says.

    When the policy is used up, or there is none, the batch is given up and the feed goes on:
    the real host does the same, and whoever relies on it loses changes.
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
            log.error("%s: %d changes are given up", function.name, len(batch))
            return
        attempt += 1
        await asyncio.sleep(retry.seconds)


def _outside(document: Document) -> dict[str, Any]:
    return document.body | {"_etag": f'"{document.etag}"'}  # as Cosmos DB has it: quoted
