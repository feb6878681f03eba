"""Queues, topics and subscriptions: peek-lock, dead-lettering, scheduling, duplicates, sessions.

Nothing here knows about AMQP frames.  A consumer is any object with `credit`, `settled`, `session_id`
and `hand_over(entry, queue)`.  Everything runs on one event-loop thread, so there are no locks.
"""
from __future__ import annotations

import heapq
import itertools
import time
import uuid
from collections import deque
from dataclasses import dataclass
from typing import Any, Callable, Iterable

from tests.doubles.servicebus import codec as c
from tests.doubles.servicebus import filters

SCHEDULED_AT = "x-opt-scheduled-enqueue-time"
LOCK_LOST = "com.microsoft:message-lock-lost"
NOT_FOUND = "com.microsoft:message-not-found"


class BrokerError(Exception):
    def __init__(self, condition: str, description: str = "", status: int = 400) -> None:
        super().__init__(f"{condition}: {description}")
        self.condition, self.description, self.status = condition, description, status


class Timers:
    """A clock that tests can move, and the callbacks that hang off it."""

    def __init__(self) -> None:
        self.offset = 0.0
        self.wake: Callable[[float], None] = lambda when: None
        self._heap: list[tuple[float, int, Callable, tuple]] = []
        self._ids = itertools.count()

    def now(self) -> float:
        return time.time() + self.offset

    def at(self, when: float, callback: Callable, *args: Any) -> None:
        heapq.heappush(self._heap, (when, next(self._ids), callback, args))
        if self._heap[0][0] == when:
            self.wake(when)

    def run_due(self) -> None:
        while self._heap and self._heap[0][0] <= self.now():
            _, _, callback, args = heapq.heappop(self._heap)
            callback(*args)
        if self._heap:
            self.wake(self._heap[0][0])


@dataclass
class Options:
    lock_duration: float = 60.0
    max_delivery_count: int = 10
    default_ttl: float | None = None
    dead_letter_on_expiration: bool = False
    requires_session: bool = False
    duplicate_window: float | None = None               # None: duplicate detection off
    max_message_size: int = 256 * 1024


class Entry:
    """One message in one queue."""
    __slots__ = ("seq", "message", "enqueued", "delivery_count", "expires", "state", "token", "locked_until",
                 "deferred", "session_id")

    def __init__(self, seq: int, message: c.Message, enqueued: float) -> None:
        self.seq, self.message, self.enqueued = seq, message, enqueued
        self.delivery_count = 0
        self.expires: float | None = None
        self.state = "active"                           # active, locked, deferred, scheduled, gone
        self.token: uuid.UUID | None = None
        self.locked_until = 0.0
        self.deferred = False                           # stays set when a deferred message is locked
        self.session_id: str | None = None

    def __lt__(self, other: "Entry") -> bool:
        return self.seq < other.seq

    def modify(self, properties: dict[str, Any] | None) -> None:
        """Merge what the receiver says into the application properties."""
        if properties:
            self.message = self.message.with_app_properties({str(name): value for name, value in properties.items()})

    def annotations(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            c.Symbol("x-opt-enqueued-time"): c.Timestamp(int(self.enqueued * 1000)),
            c.Symbol("x-opt-sequence-number"): self.seq,
            c.Symbol("x-opt-enqueue-sequence-number"): self.seq,
            c.Symbol("x-opt-message-state"): c.Int(1 if self.deferred else 2 if self.state == "scheduled" else 0),
        }
        if self.token is not None:
            found[c.Symbol("x-opt-locked-until")] = c.Timestamp(int(self.locked_until * 1000))
        return found

    def wire(self) -> bytes:
        token = {c.Symbol("x-opt-lock-token"): self.token} if self.token is not None else {}
        return self.message.wire(self.delivery_count, self.annotations(), token)


class Entity:
    """What queues and topics share: acceptance, duplicate detection and scheduling."""

    def __init__(self, name: str, options: Options, timers: Timers) -> None:
        self.name, self.options, self.timers = name, options, timers
        self._sequence = itertools.count(1)
        self._seen: dict[Any, float] = {}
        self.scheduled: dict[int, Entry] = {}

    def check(self, message: c.Message) -> None:
        """Raise what would refuse the message."""
        if message.size > self.options.max_message_size:
            raise BrokerError("amqp:link:message-size-exceeded", f"{message.size} bytes is too large")
        if self.options.requires_session and message.properties[c.P_GROUP_ID] is None:
            raise BrokerError("amqp:not-allowed", "this entity requires a session id on every message")

    def accept(self, message: c.Message) -> int | None:
        """Take a message in.  None: dropped as a duplicate."""
        self.check(message)
        now = self.timers.now()
        if self.options.duplicate_window is not None and message.properties[c.P_MESSAGE_ID] is not None:
            while self._seen and next(iter(self._seen.values())) <= now - self.options.duplicate_window:
                del self._seen[next(iter(self._seen))]  # the oldest is the first
            key = message.properties[c.P_MESSAGE_ID]
            if key in self._seen:
                return None
            self._seen[key] = now
        when = message.annotation(SCHEDULED_AT)
        if when is not None and when / 1000 > now:
            return self._schedule(message, when / 1000)
        return self.enqueue(message)

    def _schedule(self, message: c.Message, when: float) -> int:
        entry = Entry(next(self._sequence), message, self.timers.now())
        entry.state = "scheduled"
        self.scheduled[entry.seq] = entry
        self.timers.at(when, self._activate, entry)
        return entry.seq

    def _activate(self, entry: Entry) -> None:
        if self.scheduled.pop(entry.seq, None) is not None:
            self.enqueue(entry.message)                 # a new sequence number, as the real service does

    def cancel_scheduled(self, seqs: Iterable[int]) -> None:
        seqs = list(seqs)
        missing = [seq for seq in seqs if seq not in self.scheduled]
        if missing:
            raise BrokerError(NOT_FOUND, f"no scheduled message {missing}", 404)
        for seq in seqs:
            self.scheduled.pop(seq).state = "gone"

    def enqueue(self, message: c.Message) -> int:
        raise NotImplementedError


class Queue(Entity):
    def __init__(self, name: str, options: Options, timers: Timers, is_dlq: bool = False) -> None:
        super().__init__(name, options, timers)
        self.active: dict[str | None, list[Entry]] = {}
        self.locked: dict[uuid.UUID, Entry] = {}
        self.deferred: dict[int, Entry] = {}
        self.consumers: deque[Any] = deque()
        self.waiting_sessions: deque[Any] = deque()     # consumers waiting for "next available session"
        self.session_locks: dict[str, tuple[Any, float]] = {}
        self.session_state: dict[str, tuple[bytes | None, float]] = {}      # value and when it was set
        self.dlq: Queue | None = None if is_dlq else Queue(
            name + "/$DeadLetterQueue", Options(lock_duration=options.lock_duration), timers, is_dlq=True)

    # ---- arrivals

    def enqueue(self, message: c.Message) -> int:
        entry = Entry(next(self._sequence), message, self.timers.now())
        if self.options.requires_session:
            entry.session_id = message.properties[c.P_GROUP_ID]
            if entry.session_id is None:
                raise BrokerError("amqp:not-allowed", "this entity requires a session id on every message")
        ttl_ms = message.header_field(2)
        ttls = [t for t in (ttl_ms / 1000 if ttl_ms else None, self.options.default_ttl) if t is not None]
        if ttls and self.dlq is not None:
            entry.expires = entry.enqueued + min(ttls)
            self.timers.at(entry.expires, self._expire, entry)
        self._make_active(entry)
        self.pump()
        return entry.seq

    def _make_active(self, entry: Entry) -> None:
        entry.token = None
        if entry.deferred:                              # a deferred message goes back to being deferred
            entry.state = "deferred"
            self.deferred[entry.seq] = entry
            return
        entry.state = "active"
        heapq.heappush(self.active.setdefault(entry.session_id, []), entry)

    def _expire(self, entry: Entry) -> None:
        if entry.state in ("active", "deferred") and entry.expires and entry.expires <= self.timers.now():
            self.deferred.pop(entry.seq, None)
            if self.options.dead_letter_on_expiration:
                self._dead_letter(entry, "TTLExpiredException", "The message expired and was dead lettered.")
            else:
                entry.state = "gone"

    # ---- hand-over to consumers

    def _next(self, session_id: str | None) -> Entry | None:
        heap = self.active.get(session_id)
        while heap:
            entry = heapq.heappop(heap)
            if entry.state == "active":                 # others left the queue while waiting in the heap
                if entry.expires is not None and entry.expires <= self.timers.now():
                    self._expire(entry)
                    continue
                return entry
        if heap is not None and session_id is not None:
            self.active.pop(session_id, None)
        return None

    def pump(self) -> None:
        if self.waiting_sessions:
            self._grant_sessions()
        idle = 0
        while self.consumers and idle < len(self.consumers):
            consumer = self.consumers[0]
            self.consumers.rotate(-1)
            entry = self._next(consumer.session_id) if consumer.credit > 0 else None
            if entry is None:
                idle += 1
                continue
            idle = 0
            if consumer.settled:
                entry.state = "gone"
            else:
                self._lock(entry)
            consumer.hand_over(entry, self)

    def _lock(self, entry: Entry) -> None:
        entry.state, entry.token = "locked", uuid.uuid4()
        entry.locked_until = self.timers.now() + self.options.lock_duration
        self.locked[entry.token] = entry
        if entry.session_id is None:
            self.timers.at(entry.locked_until, self._lock_expired, entry, entry.token)

    def _lock_expired(self, entry: Entry, token: uuid.UUID) -> None:
        if entry.token != token or entry.state != "locked":
            return
        if entry.locked_until > self.timers.now():      # it was renewed meanwhile
            self.timers.at(entry.locked_until, self._lock_expired, entry, token)
            return
        self.release(token, failed=True)

    # ---- settlement (every method raises BrokerError when the lock is gone)

    def _unlock(self, token: uuid.UUID) -> Entry:
        entry = self.locked.get(token)
        if entry is None or (entry.session_id is None and entry.locked_until <= self.timers.now()):
            raise BrokerError(LOCK_LOST, "The lock supplied is invalid. Either the lock expired, or the message "
                                         "has already been removed from the queue.", 410)
        del self.locked[token]
        return entry

    def complete(self, token: uuid.UUID) -> None:
        self._unlock(token).state = "gone"

    def release(self, token: uuid.UUID, failed: bool, forced: bool = False) -> None:
        """Back to the queue, in its old place.  `failed` counts as a delivery attempt."""
        entry = self.locked.pop(token, None) if failed or forced else self._unlock(token)
        if entry is None:
            raise BrokerError(LOCK_LOST, "The lock supplied is invalid.", 410)
        if failed:
            entry.delivery_count += 1
            if self.dlq is not None and entry.delivery_count >= self.options.max_delivery_count:
                self._dead_letter(entry, "MaxDeliveryCountExceeded", "Message could not be consumed after "
                                  f"{entry.delivery_count} delivery attempts.")
                return
        self._make_active(entry)
        self.pump()

    def abandon(self, token: uuid.UUID, properties: dict[str, Any] | None = None) -> None:
        entry = self._unlock(token)
        entry.modify(properties)
        self.locked[token] = entry
        self.release(token, failed=True)

    def defer(self, token: uuid.UUID, properties: dict[str, Any] | None = None) -> None:
        entry = self._unlock(token)
        entry.modify(properties)
        entry.delivery_count += 1
        entry.deferred = True
        self._make_active(entry)

    def dead_letter(self, token: uuid.UUID, reason: str | None = None, description: str | None = None,
                    properties: dict[str, Any] | None = None) -> None:
        entry = self._unlock(token)
        entry.modify(properties)
        self._dead_letter(entry, reason, description)

    def _dead_letter(self, entry: Entry, reason: str | None, description: str | None) -> None:
        entry.state = "gone"
        if self.dlq is None:
            return
        extra = {k: v for k, v in (("DeadLetterReason", reason), ("DeadLetterErrorDescription", description)) if v}
        moved = Entry(entry.seq, entry.message.with_app_properties(extra) if extra else entry.message, entry.enqueued)
        moved.delivery_count = entry.delivery_count
        self.dlq._make_active(moved)
        self.dlq.pump()

    def renew(self, token: uuid.UUID) -> float:
        entry = self._unlock(token)
        self.locked[token] = entry
        entry.locked_until = self.timers.now() + self.options.lock_duration
        return entry.locked_until

    def take_deferred(self, seqs: Iterable[int], delete: bool) -> list[Entry]:
        seqs = list(seqs)
        missing = [seq for seq in seqs if seq not in self.deferred]
        if missing:
            raise BrokerError(NOT_FOUND, f"no deferred message {missing}", 404)
        taken = [self.deferred.pop(seq) for seq in seqs]
        for entry in taken:
            if delete:
                entry.state = "gone"
            else:
                self._lock(entry)
        return taken

    def peek(self, from_seq: int = 0, count: int = 100, session_id: str | None = None) -> list[Entry]:
        everything = itertools.chain(
            (e for heap in self.active.values() for e in heap if e.state == "active"),
            self.locked.values(), self.deferred.values(), self.scheduled.values())
        wanted = sorted(e for e in everything if e.seq >= from_seq
                        and (session_id is None or e.message.properties[c.P_GROUP_ID] == session_id))
        return wanted[:count]

    # ---- consumers and sessions

    def add_consumer(self, consumer: Any) -> None:
        self.consumers.append(consumer)

    def remove_consumer(self, consumer: Any, clean: bool = False) -> None:
        """Ordinary locks outlive their link, as in the real service; session locks do not.

        A session that is given back in good order has not failed to deliver what was not settled.
        """
        if consumer in self.consumers:
            self.consumers.remove(consumer)
        if consumer in self.waiting_sessions:
            self.waiting_sessions.remove(consumer)
        for session_id, (owner, _) in list(self.session_locks.items()):
            if owner is consumer:
                self._release_session(session_id, failed=not clean)

    def lock_session(self, consumer: Any, session_id: str | None) -> str | None:
        """session_id None asks for any free session that has messages."""
        if session_id is None:
            session_id = next((s for s, heap in self.active.items() if s is not None and s not in self.session_locks
                               and any(e.state == "active" for e in heap)), None)
            if session_id is None:
                return None
        elif session_id in self.session_locks:
            raise BrokerError("com.microsoft:session-cannot-be-locked", f"session {session_id} is locked")
        until = self.timers.now() + self.options.lock_duration
        self.session_locks[session_id] = (consumer, until)
        consumer.session_id = session_id
        self.timers.at(until, self._session_lock_expired, session_id, consumer)
        return session_id

    def renew_session(self, session_id: str) -> float:
        if session_id not in self.session_locks:
            raise BrokerError("com.microsoft:session-lock-lost", "The session lock was lost.", 410)
        until = self.timers.now() + self.options.lock_duration
        self.session_locks[session_id] = (self.session_locks[session_id][0], until)
        return until

    def _session_lock_expired(self, session_id: str, consumer: Any) -> None:
        owner, until = self.session_locks.get(session_id, (None, 0.0))
        if owner is not consumer:
            return
        if until > self.timers.now():
            self.timers.at(until, self._session_lock_expired, session_id, consumer)
            return
        consumer.session_lost()
        self.remove_consumer(consumer)

    def _release_session(self, session_id: str, failed: bool) -> None:
        self.session_locks.pop(session_id, None)
        for token, entry in list(self.locked.items()):
            if entry.session_id == session_id:
                self.release(token, failed=failed, forced=True)
        self.pump()

    def _grant_sessions(self) -> None:
        for consumer in list(self.waiting_sessions):
            if self.lock_session(consumer, None) is None:
                return
            self.waiting_sessions.remove(consumer)
            consumer.session_granted()

    def counts(self) -> dict[str, int]:
        return {
            "active": sum(e.state == "active" for heap in self.active.values() for e in heap),
            "locked": len(self.locked), "deferred": len(self.deferred), "scheduled": len(self.scheduled),
            "dead": sum(self.dlq.counts().values()) if self.dlq else 0,
        }


class Topic(Entity):
    def __init__(self, name: str, options: Options, timers: Timers) -> None:
        super().__init__(name, options, timers)
        self.subscriptions: dict[str, Queue] = {}
        self.rules: dict[str, dict[str, filters.Predicate]] = {}

    def subscribe(self, name: str, options: Options, rules: dict[str, filters.Predicate] | None = None) -> Queue:
        queue = Queue(f"{self.name}/Subscriptions/{name}", options, self.timers)
        self.subscriptions[name.lower()] = queue
        self.rules[name.lower()] = {"$Default": filters.always} if rules is None else dict(rules)
        return queue

    def enqueue(self, message: c.Message) -> int:
        seq = next(self._sequence)
        for name, queue in self.subscriptions.items():
            if any(rule(message) is True for rule in self.rules[name].values()):
                queue.enqueue(message)
        return seq


class Namespace:
    def __init__(self) -> None:
        self.timers = Timers()
        self.entities: dict[str, Entity] = {}

    def queue(self, name: str, **options: Any) -> Queue:
        queue = self.entities[name.lower()] = Queue(name, Options(**options), self.timers)
        return queue

    def topic(self, name: str, **options: Any) -> Topic:
        topic = self.entities[name.lower()] = Topic(name, Options(**options), self.timers)
        return topic

    def find(self, path: str) -> Entity:
        """'q', 'q/$DeadLetterQueue', 'topic', 'topic/Subscriptions/sub[/$DeadLetterQueue]'; case-insensitive."""
        wanted = path.strip("/").lower()
        dead = wanted.endswith("/$deadletterqueue")
        base, _, subscription = wanted.removesuffix("/$deadletterqueue").partition("/subscriptions/")
        entity: Any = self.entities.get(base)
        if subscription:
            entity = entity.subscriptions.get(subscription) if isinstance(entity, Topic) else None
        if dead and entity is not None:
            entity = getattr(entity, "dlq", None)
        if entity is None:
            raise BrokerError("amqp:not-found", f"The messaging entity '{path}' could not be found.", 404)
        return entity
