"""Passing stored events on to whoever subscribes to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from shared.bus import Bus, Outgoing

EVENTS = "events"  # the topic


async def relay(events: Sequence[Mapping[str, Any]], bus: Bus) -> None:
    """Send the events in order. Raises BusUnavailable; then send all of them again.

    The customer is the session, so that whoever receives by session gets its events in order;
    the id of the event is that of the message, so that the bus knows one that comes twice.
    """
    if events:
        await bus.send(EVENTS, [_message(event) for event in events])


def _message(event: Mapping[str, Any]) -> Outgoing:
    return Outgoing(
        id=event["id"],
        body=to_json(event),
        session=event["subject"],
        content_type="application/cloudevents+json",
        properties={"type": event["type"], "legalEntity": event["data"]["legalEntity"]},
    )
