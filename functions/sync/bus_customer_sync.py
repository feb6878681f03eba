"""The queue of customers that await their account numbers."""

import azure.functions as func

from functions._bus.receiving import Received, receiving
from shared.composition.telemetry import telemetry
from shared.core.errors import Refusal, Unavailable
from shared.sync.conversion import convert, note_failed_attempt
from shared.sync.domain.operations import SynchronizeCustomer
from shared.sync.outbox import CUSTOMER_SYNC

bp = func.Blueprint()

ACTOR = "system:customer-sync"


@bp.service_bus_queue_trigger(
    arg_name="msg",
    queue_name=CUSTOMER_SYNC,
    connection="SERVICEBUS",
    is_sessions_enabled=True,
    data_type=func.DataType.BINARY,
)
@receiving(CUSTOMER_SYNC, SynchronizeCustomer)
async def synchronize_customer(received: Received[SynchronizeCustomer]) -> None:
    """Give the customer an account number; a duplicate message changes nothing."""
    command = received.command
    context = received.backend.context(command.legal_entity, ACTOR, received.now)
    try:
        with telemetry().span(
            "convert_customer", attributes={"libro.legal_entity": command.legal_entity}
        ) as span:
            converted = (await convert(command.customer_id, context=context)).value
            span.note({"libro.customer": converted.id, "libro.sync_status": converted.sync_status})
    except Unavailable as exc:
        await note_failed_attempt(command.customer_id, exc.code, exc.detail, context=context)
        raise
    except Refusal:
        raise
    except Exception as exc:
        detail = f"Unexpected error: {type(exc).__name__}."
        await note_failed_attempt(command.customer_id, "internal", detail, context=context)
        raise
