"""The subscription of events that are to be followed, and the queue of what has to come again."""

from datetime import UTC, datetime

import azure.functions as func

from functions._bus.receiving import Received, receiving
from functions._bus.sending import TracingBus
from shared.composition.telemetry import telemetry
from shared.consent.spreading.spreads import CONSENT_AGAIN, SUBSCRIPTION, ConsentEvent, spread
from shared.platform.topology import subscription
from shared.sync.outbox import EVENTS

bp = func.Blueprint()

ACTOR = "system:consent"


@bp.service_bus_topic_trigger(
    arg_name="msg",
    topic_name=EVENTS,
    subscription_name=SUBSCRIPTION,
    connection="SERVICEBUS",
    is_sessions_enabled=True,
    data_type=func.DataType.BINARY,
)
@receiving(subscription(EVENTS, SUBSCRIPTION), ConsentEvent, again=CONSENT_AGAIN)
async def propagate_consent(received: Received[ConsentEvent]) -> None:
    """Let every customer who has a contact point show what was decided about it."""
    await _spread(received)


@bp.service_bus_queue_trigger(
    arg_name="msg",
    queue_name=CONSENT_AGAIN,
    connection="SERVICEBUS",
    is_sessions_enabled=True,
    data_type=func.DataType.BINARY,
)
@receiving(CONSENT_AGAIN, ConsentEvent)
async def continue_consent(received: Received[ConsentEvent]) -> None:
    """Go on with what was begun, postponed, or pending for too long."""
    await _spread(received)


async def _spread(received: Received[ConsentEvent]) -> None:
    event, backend = received.command, received.backend
    context = backend.context(event.data.legal_entity, ACTOR, received.now)
    bus = TracingBus(backend.bus)
    done = await spread(event, bus=bus, context=context)
    labels = {"libro.legal_entity": context.legal_entity}
    telemetry().measure("libro.point.holders", done.holders, labels)
    if done.rest is None:
        lag = (datetime.now(UTC) - event.time).total_seconds()
        telemetry().measure("libro.consent.lag", lag, labels)
