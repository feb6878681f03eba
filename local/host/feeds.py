"""Change-feed triggers, served from the change feed of the store."""

import asyncio
import json
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import azure.functions as func

from local.host.functions import Function
from local.host.rewriting import rewritten
from shared.platform.topology import containers
from shared.ports.documents import Document, Documents, Put

log = logging.getLogger(__name__)

BATCH_SIZE = 25  # documents; a chunk of an import can be half a megabyte
LARGE_BATCH_SIZE = 1000  # where they are only passed over
AZURE_POLL_MILLISECONDS = 5000
REMEMBERED_BATCHES = 16
POLL_SECONDS = 0.2  # while the feed has nothing new


class Batch(NamedTuple):
    """Documents as they are delivered, and the position after them."""

    documents: list[dict[str, Any]]
    position: str


@dataclass
class Feeds:
    """The feeds of a store. Several functions follow a container; what it told is read once."""

    store: Documents
    told: OrderedDict[tuple[str, str | None], Batch] = field(default_factory=OrderedDict)

    async def after(self, container: str, position: str | None) -> Batch:
        """Return the next documents; as they were a moment ago, if another function has them.

        What was written since comes again, after them.
        """
        if batch := self.told.get((container, position)):
            return batch
        changes = await self.store.changes(container, position, BATCH_SIZE)
        delivered = rewritten([as_delivered(container, one) for one in changes.documents])
        batch = Batch(json.loads(delivered), changes.position)
        if batch.documents:
            self.told[container, position] = batch
            while len(self.told) > REMEMBERED_BATCHES:
                self.told.popitem(last=False)
        return batch


async def follow(function: Function, store_feeds: Feeds, *, azure_polls: bool = False) -> None:
    """Deliver every change in order, and store the position reached."""
    documents = store_feeds.store
    pause = poll_seconds(function) if azure_polls else POLL_SECONDS
    container = str(function.trigger["containerName"])
    name = f"{function.name}@{container}"
    checkpoint = await documents.read("leases", (name,), name)
    if checkpoint:
        position = checkpoint.body["position"]
    elif function.trigger.get("startFromBeginning"):
        position = None
    else:
        position = await _end(container, documents)
    while True:
        batch = await store_feeds.after(container, position)
        if not batch.documents:
            await asyncio.sleep(pause)
            continue
        await deliver(function, batch.documents)
        position = batch.position
        await documents.commit("leases", (name,), [Put({"id": name, "position": position})])


def poll_seconds(function: Function) -> float:
    """Return how long the trigger waits in Azure when there is nothing new."""
    return float(function.trigger.get("feedPollDelay", AZURE_POLL_MILLISECONDS)) / 1000


async def _end(container: str, documents: Documents) -> str:
    """Return the position after all changes: where a trigger starts that is not told otherwise."""
    position: str | None = None
    while True:
        changes = await documents.changes(container, position, LARGE_BATCH_SIZE)
        position = changes.position
        if not changes.documents:
            return position


async def deliver(function: Function, batch: list[dict[str, Any]]) -> None:
    """Invoke the function, and again after a failure as its retry policy allows.

    When the retries are exhausted, or there is no policy, the batch is skipped and the feed
    continues. The real host does the same: a function without a policy loses changes.
    """
    try:
        await function.invoke_patiently(func.DocumentList(map(func.Document.from_dict, batch)))
    except Exception:
        text = "Executed 'Functions.%s' (Failed): %d changes are skipped after the last retry"
        log.exception(text, function.name, len(batch))


def as_delivered(container: str, document: Document) -> dict[str, Any]:
    """Return the document as the real host delivers it, but for its times: with its key."""
    paths = containers()[container].partition_key
    key = dict(zip((path.strip("/") for path in paths), document.partition, strict=True))
    return {**document.body, **key, "_etag": f'"{document.etag}"'}
