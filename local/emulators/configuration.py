"""What Microsoft's emulators are configured with, from topology.json and within their limits.

https://learn.microsoft.com/azure/service-bus-messaging/overview-emulator
https://learn.microsoft.com/azure/cosmos-db/emulator-linux
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from shared.platform.topology import Entity, Messaging, Topic, containers, database, messaging

FOLDER: Final = Path(__file__).parents[2] / "emulators"
SERVICEBUS: Final = "servicebus.json"
COSMOS: Final = "cosmos.json"

# The key of every Cosmos DB emulator in the world, and what the other one takes for a key.
COSMOS_KEY: Final = (
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="
)
CONNECTIONS: Final = {
    "COSMOS": f"AccountEndpoint=http://localhost:8081/;AccountKey={COSMOS_KEY}",
    "SERVICEBUS": (
        "Endpoint=sb://localhost;SharedAccessKeyName=RootManageSharedAccessKey;"
        "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
    ),
}

NAMESPACE: Final = "sbemulatorns"
MOST_ENTITIES: Final = 50
SHORTEST_LOCK: Final = {"queue": 5.0, "subscription": 60.0}
LONGEST_LOCK: Final = 300.0
LONGEST_MEMORY: Final = 300.0
MOST_DELIVERIES: Final = 10
LIFETIME: Final = "PT1H"
EVERYTHING: Final = "everything"


class TooManyEntities(ValueError):
    """The Service Bus emulator has no room for them."""


class Emulators:
    """The configurations, and in `differences` what had to be other than in Azure."""

    def __init__(self, layout: Messaging | None = None) -> None:
        self.differences: list[str] = []
        self.files: Mapping[str, Any] = {
            SERVICEBUS: self._bus(layout or messaging()),
            COSMOS: self._documents(),
        }

    def write(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_text(_rendered(content))

    def outdated(self, folder: Path) -> list[str]:
        """Return the names of files that say something else, or are not there."""
        return [
            name
            for name, content in self.files.items()
            if not (folder / name).exists() or (folder / name).read_text() != _rendered(content)
        ]

    def _bus(self, layout: Messaging) -> Any:
        if len(layout.queues) + len(layout.topics) > MOST_ENTITIES:
            raise TooManyEntities(f"The emulator takes {MOST_ENTITIES} queues and topics.")
        self._differ("", "messages live", "P14D", LIFETIME)
        queues = [self._queue(one) for one in layout.queues.values()]
        topics = [self._topic(one) for one in layout.topics.values()]
        names = [{"Name": NAMESPACE, "Queues": queues, "Topics": topics}]
        return {"UserConfig": {"Namespaces": names, "Logging": {"Type": "File"}}}

    def _queue(self, one: Entity) -> Any:
        return {
            "Name": one.path,
            "Properties": {**self._received(one, "queue"), **self._once(one.path, one)},
        }

    def _topic(self, one: Topic) -> Any:
        subscriptions = [self._subscription(it) for it in one.subscriptions]
        if not subscriptions:
            self._differ(one.name, "subscriptions", "none", EVERYTHING)
            subscriptions = [
                self._subscription(Entity(EVERYTHING, lock=SHORTEST_LOCK["subscription"]))
            ]
        return {
            "Name": one.name,
            "Properties": {"DefaultMessageTimeToLive": LIFETIME, **self._once(one.name, one)},
            "Subscriptions": subscriptions,
        }

    def _subscription(self, one: Entity) -> Any:
        # A rule may not be called $Default here, as the first one is in Azure.
        rules = [
            {
                "Name": f"filter-{number}",
                "Properties": {
                    "FilterType": "Correlation",
                    "CorrelationFilter": {"Properties": dict(wanted)},
                },
            }
            for number, wanted in enumerate(one.filters)
        ]
        return {
            "Name": one.path.rpartition("/")[2],
            "Properties": self._received(one, "subscription"),
            "Rules": rules,
        }

    def _received(self, one: Entity, kind: str) -> Any:
        lock = min(max(one.lock, SHORTEST_LOCK[kind]), LONGEST_LOCK)
        deliveries = min(one.most_deliveries, MOST_DELIVERIES)
        self._differ(one.path, "lock", _seconds(one.lock), _seconds(lock))
        self._differ(one.path, "most deliveries", one.most_deliveries, deliveries)
        return {
            "DeadLetteringOnMessageExpiration": True,
            "DefaultMessageTimeToLive": LIFETIME,
            "ForwardDeadLetteredMessagesTo": "",
            "ForwardTo": "",
            "LockDuration": _seconds(lock),
            "MaxDeliveryCount": deliveries,
            "RequiresSession": one.sessions,
        }

    def _once(self, name: str, one: Entity | Topic) -> Any:
        if not one.duplicate_window:
            return {"RequiresDuplicateDetection": False}
        window = min(one.duplicate_window, LONGEST_MEMORY)
        self._differ(name, "duplicate window", _seconds(one.duplicate_window), _seconds(window))
        return {
            "RequiresDuplicateDetection": True,
            "DuplicateDetectionHistoryTimeWindow": _seconds(window),
        }

    def _documents(self) -> Any:
        self._differ("", "indexing policies and ttl of containers", "kept", "sent, but not obeyed")
        return {
            "database": database(),
            "containers": [
                {
                    "id": one.name,
                    "partitionKey": list(one.partition_key),
                    "indexingPolicy": one.indexing_policy,
                    "defaultTtl": one.ttl,
                }
                for one in containers().values()
            ],
        }

    def _differ(self, name: str, what: str, azure: object, here: object) -> None:
        if azure != here:
            self.differences.append(f"{name or 'everywhere'}: {what} {azure} in Azure, {here} here")


def _seconds(count: float) -> str:
    """Return it as ISO 8601 says it."""
    minutes, seconds = divmod(int(count), 60)
    return "PT" + (f"{minutes}M" if minutes else "") + (f"{seconds}S" if seconds else "")


def _rendered(content: Any) -> str:
    return json.dumps(content, indent=2) + "\n"
