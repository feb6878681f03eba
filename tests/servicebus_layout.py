"""The configuration of the broker, from the queues and topics of the app."""

from typing import Any

from shared.platform.topology import Entity, Messaging


def configuration(layout: Messaging) -> dict[str, Any]:
    return {
        "queues": {name: _options(entity) for name, entity in layout.queues.items()},
        "topics": {
            name: {
                "duplicate_window": topic.duplicate_window or None,
                "subscriptions": {
                    entity.path.rpartition("/")[2]: _options(entity)
                    for entity in topic.subscriptions
                },
            }
            for name, topic in layout.topics.items()
        },
    }


def _options(entity: Entity) -> dict[str, Any]:
    options: dict[str, Any] = {
        "lock_duration": entity.lock,
        "max_delivery_count": entity.max_deliveries,
        "requires_session": entity.sessions,
        "duplicate_window": entity.duplicate_window or None,
    }
    if entity.filters:
        options["rules"] = {
            f"rule-{number}": {"correlation": {"properties": dict(properties)}}
            for number, properties in enumerate(entity.filters)
        }
    return options
