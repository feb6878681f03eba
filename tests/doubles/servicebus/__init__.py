"""A loopback Azure Service Bus for integration tests: the unmodified azure-servicebus SDK talks to it.

    with servicebus.serve({"queues": {"orders": {"lock_duration": 5}}}) as bus:
        client = ServiceBusClient.from_connection_string(bus.connection_string)
"""
from __future__ import annotations

import asyncio
import re
import threading
from typing import Any, Callable, TypeVar

from tests.doubles.servicebus import filters
from tests.doubles.servicebus.entities import BrokerError, Entry, Namespace, Options, Queue, Topic
from tests.doubles.servicebus.server import Broker, Fault

__all__ = ["Broker", "BrokerError", "Bus", "Entry", "Fault", "Namespace", "Queue", "Topic", "build", "serve"]
T = TypeVar("T")


def build(config: dict[str, Any]) -> Namespace:
    """{"queues": {name: options}, "topics": {name: {"subscriptions": {name: {..., "rules": {...}}}, ...options}}}

    A rule is {"sql": "..."} or {"correlation": {"subject": ..., "properties": {...}}} or True/False.
    A dict with "UserConfig" is taken for the Config.json of Microsoft's emulator.
    """
    if "UserConfig" in config:
        config = _from_microsoft(config)
    namespace = Namespace()
    for name, options in config.get("queues", {}).items():
        namespace.queue(name, **(options or {}))
    for name, options in config.get("topics", {}).items():
        options = dict(options or {})
        subscriptions = options.pop("subscriptions", {})
        topic = namespace.topic(name, **options)
        for sub, sub_options in subscriptions.items():
            sub_options = dict(sub_options or {})
            rules = sub_options.pop("rules", None)
            made = {key: _rule(rule) for key, rule in rules.items()} if rules is not None else None
            topic.subscribe(sub, Options(**sub_options), made)
    return namespace


def _rule(rule: Any) -> filters.Predicate:
    if isinstance(rule, bool):
        return filters.always if rule else filters.never
    if "sql" in rule:
        return filters.sql(rule["sql"])
    return filters.correlation(**rule["correlation"])


def _seconds(duration: str) -> float:
    match = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", duration)
    if not match:
        raise ValueError(f"not an ISO 8601 duration: {duration}")
    return sum(float(part or 0) * unit for part, unit in zip(match.groups(), (86400, 3600, 60, 1)))


def _from_microsoft(config: dict[str, Any]) -> dict[str, Any]:
    def options(p: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for theirs, ours, convert in (("LockDuration", "lock_duration", _seconds), ("MaxDeliveryCount", "max_delivery_count", int),
                                      ("DefaultMessageTimeToLive", "default_ttl", _seconds), ("RequiresSession", "requires_session", bool),
                                      ("DeadLetteringOnMessageExpiration", "dead_letter_on_expiration", bool)):
            if theirs in p:
                found[ours] = convert(p[theirs])
        if p.get("RequiresDuplicateDetection"):
            found["duplicate_window"] = _seconds(p.get("DuplicateDetectionHistoryTimeWindow", "PT10M"))
        return found

    def rule(p: dict[str, Any]) -> Any:
        if p.get("FilterType") == "Correlation" or "CorrelationFilter" in p:
            body = p["CorrelationFilter"]
            names = {re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower(): value for key, value in body.items()}
            return {"correlation": names}
        return {"sql": p["SqlFilter"]["SqlExpression"]} if "SqlFilter" in p else True

    result: dict[str, Any] = {"queues": {}, "topics": {}}
    for namespace in config["UserConfig"]["Namespaces"]:
        for queue in namespace.get("Queues", []):
            result["queues"][queue["Name"]] = options(queue.get("Properties", {}))
        for topic in namespace.get("Topics", []):
            made = options(topic.get("Properties", {}))
            made["subscriptions"] = {
                sub["Name"]: {**options(sub.get("Properties", {})),
                              **({"rules": {r["Name"]: rule(r["Properties"]) for r in sub["Rules"]}} if sub.get("Rules") else {})}
                for sub in topic.get("Subscriptions", [])}
            result["topics"][topic["Name"]] = made
    return result


class Bus:
    """A broker on its own thread; every method here may be called from any other thread."""

    def __init__(self, config: dict[str, Any] | Namespace, host: str = "127.0.0.1", port: int = 0,
                 keys: dict[str, str] | None = None) -> None:
        self.namespace = config if isinstance(config, Namespace) else build(config)
        self.host, self.port, self.keys = host, port, keys
        self.broker = Broker(self.namespace, keys)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sbemu", daemon=True)

    def start(self) -> "Bus":
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self.broker.start(self.host, self.port), self._loop).result(10)
        return self

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.broker.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    __enter__ = start

    def __exit__(self, *_: Any) -> None:
        self.stop()

    @property
    def connection_string(self) -> str:
        name, key = next(iter(self.keys.items())) if self.keys else ("RootManageSharedAccessKey", "key")
        return (f"Endpoint=sb://{self.host}:{self.port};SharedAccessKeyName={name};SharedAccessKey={key};"
                "UseDevelopmentEmulator=true;")

    def call(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run function on the broker's thread and return its result."""
        async def run() -> T:
            return function(*args, **kwargs)
        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    def advance(self, seconds: float) -> None:
        self.call(self.broker.advance, seconds)

    def inject(self, point: str, action: str, **options: Any) -> Fault:
        return self.call(self.broker.inject, point, action, **options)

    def drop_connections(self) -> int:
        return self.call(self.broker.drop_connections)

    def detach_links(self, entity: str, condition: str = "amqp:link:detach-forced") -> int:
        return self.call(self.broker.detach_links, entity, condition)

    def counts(self, path: str) -> dict[str, int]:
        return self.call(lambda: self.namespace.find(path).counts())        # type: ignore[attr-defined]

    def clear_faults(self) -> None:
        self.call(self.broker.faults.clear)


def serve(config: dict[str, Any] | Namespace, **options: Any) -> Bus:
    return Bus(config, **options)
