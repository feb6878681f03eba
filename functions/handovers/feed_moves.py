"""The change feed of books: plans to move clients are worked through."""

import logging
from datetime import UTC, datetime

import azure.functions as func

from functions._feed import feed
from shared.composition import wiring
from shared.core.errors import Refusal
from shared.handovers.bulk_moves import work_through
from shared.handovers.documents import PLAN

bp = func.Blueprint()
log = logging.getLogger(__name__)


@feed(bp, "books")
async def move_clients(changes: func.DocumentList) -> None:
    """Execute or undo each plan, chunk by chunk; one that comes again goes on where it was."""
    for change in changes:
        if change.get("type") == PLAN and change["status"] in {"Executing", "Undoing"}:
            await _carry_out(change)


async def _carry_out(change: func.Document) -> None:
    """Do all chunks. A fault of ours stops this plan, and not the plans of everybody else."""
    backend, more = wiring.backend(), True
    while more:
        context = backend.context(change["legalEntity"], change["createdBy"], datetime.now(UTC))
        try:
            more = await work_through(change["personnelNumber"], change["planId"], context=context)
        except Refusal:
            raise
        except Exception:
            log.exception("The plan %s stopped; execute or undo it again", change["planId"])
            return
