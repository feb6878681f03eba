"""The change feed of distribution: upload sessions that are whole are worked through."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import azure.functions as func

from functions._feed import feed
from shared.composition import wiring
from shared.jobs.work import work_through_all
from shared.offline.documents import UPLOADS
from shared.offline.domain.uploads import UploadSession
from shared.offline.offline_change import channel_actor
from shared.offline.uploads import apply_next_lines
from shared.ports.changes import Change

bp = func.Blueprint()


@feed(bp, "distribution")
async def apply_uploads(changes: Sequence[Change]) -> None:
    """Apply the operations of each session; one that comes again goes on where it was."""
    documents = wiring.backend().documents
    sessions = [await UPLOADS.running_job(change, documents) for change in changes]
    await work_through_all(partial(_apply_next, session) for session in sessions if session)


async def _apply_next(session: UploadSession) -> bool:
    backend, actor = wiring.backend(), channel_actor(session.channel)
    context = backend.context(session.legal_entity, actor, datetime.now(UTC))
    return await apply_next_lines(session, context=context)
