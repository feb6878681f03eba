"""What the real host sends for each kind of trigger."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from tests.conformance.worker import Message, Payload, TypedData


def http(request: httpx.Request, route: Mapping[str, str]) -> Payload:
    """Return the request; the host has matched the route and joined what repeats."""
    query = request.url.params
    sent = Message(
        method=request.method,
        url=str(request.url),
        headers=dict(request.headers),
        params=route,
        query={name: ",".join(query.get_list(name)) for name in query if query[name]},
        body=TypedData(bytes=request.content) if request.content else TypedData(),
    )
    return Payload(TypedData(http=sent))


def service_bus(body: str, properties: Mapping[str, Any], **system: str | int) -> Payload:
    """Return a message. `system` goes by the names of the .NET extension, such as MessageId.

    Texts travel as they are, numbers and times as JSON, and the application properties twice.
    The body is text unless the binding asks for something else.
    """
    metadata = {"ApplicationProperties": _json(properties), "UserProperties": _json(properties)}
    for name, value in system.items():
        is_text = isinstance(value, str) and not name.endswith("Utc")
        metadata[name] = TypedData(string=value) if is_text else _json(value)
    return Payload(TypedData(string=body), metadata)


def timer(*, past_due: bool, **status: str) -> Payload:
    """Return a tick; `status` is of Last, Next and LastUpdated."""
    schedule = {"AdjustForDST": True}
    return Payload(_json({"Schedule": schedule, "ScheduleStatus": status, "IsPastDue": past_due}))


def change_feed(*documents: Mapping[str, Any]) -> Payload:
    return Payload(_json(documents))


def asking(name: str, payload: Payload) -> str:
    """Return the line that asks a worker in its own process to invoke a function."""
    metadata = {key: vars(value) for key, value in payload.metadata.items()}
    return json.dumps({"name": name, "data": vars(payload.data), "metadata": metadata})


def _json(value: Any) -> TypedData:
    return TypedData(json=json.dumps(value))
