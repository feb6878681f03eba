"""The change feed of distribution: upload sessions that are whole are worked through."""

from datetime import UTC, datetime

import azure.functions as func

from functions._feed import feed
from shared.composition import wiring
from shared.offline.apply import channel_actor
from shared.offline.uploads import SESSION, work_through

bp = func.Blueprint()


@feed(bp, "distribution")
async def apply_uploads(changes: func.DocumentList) -> None:
    """Apply the operations of each session; one that comes again goes on where it was."""
    backend = wiring.backend()
    for change in changes:
        if change.get("type") == SESSION and change["status"] == "Uploaded":
            channel, actor = change["channel"], channel_actor(change["channel"])
            more = True
            while more:
                context = backend.context(change["legalEntity"], actor, datetime.now(UTC))
                more = await work_through(channel, change["sessionId"], context=context)
