"""The broker's configuration, from the queues and topics that the app knows."""

from typing import Any

from shared.platform.topology import Entity, Messaging


def configuration(layout: Messaging) -> dict[str, Any]:
    return {
        "queues": {name: _options(one) for name, one in layout.queues.items()},
        "topics": {
            name: {
                "duplicate_window": topic.duplicate_window or None,
                "subscriptions": {
                    one.path.rpartition("/")[2]: _options(one) for one in topic.subscriptions
                },
            }
            for name, topic in layout.topics.items()
        },
    }


def _options(entity: Entity) -> dict[str, Any]:
    options: dict[str, Any] = {
        "lock_duration": entity.lock,
        "max_delivery_count": entity.most_deliveries,
        "requires_session": entity.sessions,
        "duplicate_window": entity.duplicate_window or None,
    }
    if entity.filters:
        options["rules"] = {
            f"rule-{number}": {"correlation": {"properties": dict(one)}}
            for number, one in enumerate(entity.filters)
        }
    return options
