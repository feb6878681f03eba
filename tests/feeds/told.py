"""What Cosmos DB's trigger hands to the function of a feed."""

from typing import Any

from azure.functions.meta import Datum

from local.host.feeds import as_delivered
from local.host.functions import decode
from local.host.rewriting import rewritten
from shared.ports.documents import Documents


async def told(documents: Documents, container: str) -> Any:
    """Return all documents of the container as the trigger delivers them, each once."""
    batch: list[dict[str, Any]] = []
    position: str | None = None
    while True:
        changes = await documents.changes(container, position, 1000)
        position = changes.position
        if not changes.documents:
            return decode("cosmosDBTrigger", Datum(rewritten(batch), "json"))
        batch += [as_delivered(container, one) for one in changes.documents]
