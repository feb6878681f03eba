"""Plans and their chunks as documents of the book that they are about."""

from collections.abc import Sequence
from typing import Any

from shared.core.values import as_text
from shared.handovers.domain.bulk_moves import KEPT, Move, Plan
from shared.ports.documents import Document

PLAN, CHUNK = "plan", "plan-chunk"


def plan_of(document: Document) -> Plan:
    return Plan.model_validate(document.body | {"id": document.body["planId"]})


def plan_document(plan: Plan) -> dict[str, Any]:
    return plan.model_dump(mode="json", by_alias=True) | {
        "id": plan_id_of(plan.id),
        "planId": plan.id,
        "type": PLAN,
        "createdAt": as_text(plan.created_at),
        "ttl": KEPT,
    }


def chunk_document(plan: Plan, number: int, moves: Sequence[Move]) -> dict[str, Any]:
    return {
        "id": chunk_id(plan, number),
        "type": CHUNK,
        "moves": [one.model_dump(mode="json", by_alias=True) for one in moves],
        "ttl": KEPT,
    }


def plan_id_of(plan_id: str) -> str:
    return f"{PLAN}:{plan_id}"


def chunk_id(plan: Plan, number: int) -> str:
    return f"{CHUNK}:{plan.batch}:{number:05d}"
