"""The configuration of Microsoft's emulators, from topology.json and within their limits.

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

# The published keys of every Cosmos DB emulator and of every Azurite, and the placeholder of the
# Service Bus emulator.
COSMOS_KEY: Final = (
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="
)
AZURITE_KEY: Final = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
CONNECTIONS: Final = {
    "COSMOS": f"AccountEndpoint=http://localhost:8081/;AccountKey={COSMOS_KEY}",
    "PACKAGES": (
        f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={AZURITE_KEY};"
        "BlobEndpoint=http://localhost:10000/devstoreaccount1;"
    ),
    "SERVICEBUS": (
        "Endpoint=sb://localhost;SharedAccessKeyName=RootManageSharedAccessKey;"
        "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
    ),
}

NAMESPACE: Final = "sbemulatorns"
MAX_ENTITIES: Final = 50
MIN_LOCK_SECONDS: Final = {"queue": 5.0, "subscription": 60.0}
MAX_LOCK_SECONDS: Final = 300.0
MAX_DUPLICATE_WINDOW_SECONDS: Final = 300.0
MAX_DELIVERIES: Final = 10
TIME_TO_LIVE: Final = "PT1H"
EVERYTHING: Final = "everything"


class TooManyEntities(ValueError):
    """The Service Bus emulator does not support so many queues and topics."""


class Emulators:
    """The configurations; `differences` lists where they differ from Azure."""

    def __init__(self, layout: Messaging | None = None) -> None:
        self.differences: list[str] = []
        self.files: Mapping[str, Any] = {
            SERVICEBUS: self._servicebus_file(layout or messaging()),
            COSMOS: self._cosmos_file(),
        }

    def write(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_text(_rendered(content))

    def outdated(self, folder: Path) -> list[str]:
        """Return the names of files that differ or are missing."""
        return [
            name
            for name, content in self.files.items()
            if not (folder / name).exists() or (folder / name).read_text() != _rendered(content)
        ]

    def _servicebus_file(self, layout: Messaging) -> Any:
        if len(layout.queues) + len(layout.topics) > MAX_ENTITIES:
            raise TooManyEntities(f"The emulator supports {MAX_ENTITIES} queues and topics.")
        self._differ("", "messages live", "P14D", TIME_TO_LIVE)
        queues = [self._queue(entity) for entity in layout.queues.values()]
        topics = [self._topic(entity) for entity in layout.topics.values()]
        names = [{"Name": NAMESPACE, "Queues": queues, "Topics": topics}]
        return {"UserConfig": {"Namespaces": names, "Logging": {"Type": "File"}}}

    def _queue(self, queue: Entity) -> Any:
        return {
            "Name": queue.path,
            "Properties": {
                **self._receiving(queue, "queue"),
                **self._duplicate_detection(queue.path, queue),
            },
        }

    def _topic(self, topic: Topic) -> Any:
        subscriptions = [self._subscription(subscription) for subscription in topic.subscriptions]
        if not subscriptions:
            self._differ(topic.name, "subscriptions", "none", EVERYTHING)
            subscriptions = [
                self._subscription(Entity(EVERYTHING, lock=MIN_LOCK_SECONDS["subscription"]))
            ]
        return {
            "Name": topic.name,
            "Properties": {
                "DefaultMessageTimeToLive": TIME_TO_LIVE,
                **self._duplicate_detection(topic.name, topic),
            },
            "Subscriptions": subscriptions,
        }

    def _subscription(self, entity: Entity) -> Any:
        # A rule may not be called $Default here, as the first one is in Azure.
        rules = [
            {
                "Name": f"filter-{number}",
                "Properties": {
                    "FilterType": "Correlation",
                    "CorrelationFilter": {"Properties": dict(properties)},
                },
            }
            for number, properties in enumerate(entity.filters)
        ]
        return {
            "Name": entity.path.rpartition("/")[2],
            "Properties": self._receiving(entity, "subscription"),
            "Rules": rules,
        }

    def _receiving(self, entity: Entity, kind: str) -> Any:
        lock = min(max(entity.lock, MIN_LOCK_SECONDS[kind]), MAX_LOCK_SECONDS)
        deliveries = min(entity.max_deliveries, MAX_DELIVERIES)
        self._differ(entity.path, "lock", _seconds(entity.lock), _seconds(lock))
        self._differ(entity.path, "most deliveries", entity.max_deliveries, deliveries)
        return {
            "DeadLetteringOnMessageExpiration": True,
            "DefaultMessageTimeToLive": TIME_TO_LIVE,
            "ForwardDeadLetteredMessagesTo": "",
            "ForwardTo": "",
            "LockDuration": _seconds(lock),
            "MaxDeliveryCount": deliveries,
            "RequiresSession": entity.sessions,
        }

    def _duplicate_detection(self, name: str, entity: Entity | Topic) -> Any:
        if not entity.duplicate_window:
            return {"RequiresDuplicateDetection": False}
        window = min(entity.duplicate_window, MAX_DUPLICATE_WINDOW_SECONDS)
        self._differ(name, "duplicate window", _seconds(entity.duplicate_window), _seconds(window))
        return {
            "RequiresDuplicateDetection": True,
            "DuplicateDetectionHistoryTimeWindow": _seconds(window),
        }

    def _cosmos_file(self) -> Any:
        self._differ(
            "", "indexing policies and ttl of containers", "applied", "sent, but not applied"
        )
        return {
            "database": database(),
            "containers": [
                {
                    "id": container.name,
                    "partitionKey": list(container.partition_key),
                    "indexingPolicy": container.indexing_policy,
                    "defaultTtl": container.ttl,
                }
                for container in containers().values()
            ],
        }

    def _differ(self, entity: str, setting: str, azure: object, emulator: object) -> None:
        if azure != emulator:
            self.differences.append(
                f"{entity or 'everywhere'}: {setting} {azure} in Azure, {emulator} here"
            )


def _seconds(count: float) -> str:
    """Return the duration as ISO 8601 writes it."""
    minutes, seconds = divmod(int(count), 60)
    return "PT" + (f"{minutes}M" if minutes else "") + (f"{seconds}S" if seconds else "")


def _rendered(content: Any) -> str:
    return json.dumps(content, indent=2) + "\n"
