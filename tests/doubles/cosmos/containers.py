"""The data of the endpoint: documents in logical partitions of containers, in memory."""

import base64
import json
import secrets
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from azure.cosmos.partition_key import PartitionKey

from tests.doubles.cosmos import charges, sql
from tests.doubles.cosmos.budgets import Budgets
from tests.doubles.cosmos.charges import Policy
from tests.doubles.cosmos.faults import AMPLE, Conditions
from tests.doubles.cosmos.items import Key, Range, Rejected, Stored, check_document
from tests.doubles.cosmos.partitions import KeyRange, KeyRanges, Replica, SessionTokens, is_in

MAX_OPERATIONS = 100
WHOLE_DOCUMENT = {"Create", "Upsert", "Replace"}
MAX_PATCHED_FIELDS = 10
AFTER_ALL_KEYS = (chr(0x10FFFF),)


@dataclass
class Container:
    name: str
    properties: dict[str, Any]
    clock: Callable[[], float]
    conditions: Conditions = AMPLE
    lsn: int = 0
    asked: int = 0
    partitions: dict[Key, dict[str, Stored]] = field(default_factory=dict)
    feed: list[tuple[int, Key, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = PartitionKey(
            path=self.properties["partitionKey"]["paths"],
            kind=self.properties["partitionKey"]["kind"],
        )
        self.paths = [
            path.strip("/").split("/") for path in self.properties["partitionKey"]["paths"]
        ]
        self.policy = Policy(self.properties["indexingPolicy"])
        self.salt = secrets.token_hex(4)
        self.ranges = KeyRanges(self.conditions.physical, self.lsn)
        self.replica = Replica(self.clock, lag=self.conditions.lag)
        self.budgets = Budgets(self.conditions.units_of(self.name), self.clock)
        self.effective: dict[Key, str] = {}

    def start_at(self, lsn: int) -> None:
        """Take over documents that were written up to this LSN."""
        self.lsn = lsn
        self.replica.start_at(lsn)
        for key_range in self.ranges:
            key_range.lsn = lsn

    def range_of(self, key: Key) -> KeyRange:
        """Return the physical partition of a logical one."""
        return self.ranges.of(self.effective_of(key))

    def ask(self) -> None:
        """Count a request; at its time the first partition splits."""
        self.asked += 1
        if self.asked == self.conditions.split_after:
            self.ranges.split(next(iter(self.ranges)).id)

    def admit(self, key_range: KeyRange, *, low_priority: bool) -> None:
        """Raise Rejected while the partition has no request units left for such a request."""
        wait = self.budgets.of(key_range.id, self.ranges.count).wait(low_priority=low_priority)
        if wait:
            raise Rejected(429, "Request rate is large", sub_status=3200, wait_ms=wait * 1000)

    def spend(self, key_range: KeyRange, charge: float) -> None:
        self.budgets.of(key_range.id, self.ranges.count).spend(charge)

    def read(self, key: Key, name: str, session: SessionTokens) -> Stored:
        stored = self._visible(self.partitions.get(key, {}).get(name), self._limit(key, session))
        if stored is None:
            raise Rejected(404, f"{name} does not exist")
        return stored

    def absent(self, key: Key, name: str, session: SessionTokens) -> bool:
        limit = self._limit(key, session)
        return self._visible(self.partitions.get(key, {}).get(name), limit) is None

    def newest(self, key: Key, name: str) -> Stored | None:
        return self._visible(self.partitions.get(key, {}).get(name), self.lsn)

    def create(self, key: Key, body: dict[str, Any]) -> tuple[Stored, float]:
        if self.newest(key, body["id"]):
            raise Rejected(409, f"{body['id']} exists")
        return self.write(key, body)

    def replace(
        self, key: Key, name: str, body: dict[str, Any], etag: str | None
    ) -> tuple[Stored, float]:
        self._check(key, name, etag)
        if body["id"] != name:
            raise Rejected(400, "The id of a document cannot be changed")
        return self.write(key, body)

    def patch(self, key: Key, name: str, patch: Mapping[str, Any]) -> tuple[Stored, float]:
        """Set top-level fields, if the condition holds."""
        old, changes = self._check(key, name, None).body or {}, patch["operations"]
        if len(changes) > MAX_PATCHED_FIELDS or any(change["op"] != "set" for change in changes):
            raise Rejected(400, "A patch sets at most 10 fields")
        condition = sql.parse(f"SELECT * {patch.get('condition', 'FROM c')}", ())
        if not condition.matches(old):
            raise Rejected(412, f"{name} does not meet the condition")
        return self.write(key, old | {change["path"][1:]: change["value"] for change in changes})

    def remove(self, key: Key, name: str, etag: str | None) -> float:
        old = self._check(key, name, etag)
        self._put(key, name, Stored(self.lsn + 1, old.rid, None, "", None))
        return charges.of_write(old.body or {}, self.policy, over=False)

    def upsert(self, key: Key, body: dict[str, Any], etag: str | None) -> tuple[Stored, float]:
        """Write the document whether or not it exists, but not over another version than `etag`."""
        if self.newest(key, body["id"]):
            self._check(key, body["id"], etag)
        return self.write(key, body)

    def write(self, key: Key, body: dict[str, Any]) -> tuple[Stored, float]:
        self._check_key(key, body)
        old, now = self.newest(key, body["id"]), self.clock()
        lsn, rid = self.lsn + 1, old.rid if old else f"{self.lsn + 1:012d}"
        etag = f'"{self.salt}-{lsn:012x}"'
        full = body | {
            "_rid": rid, "_self": f"dbs/d/colls/c/docs/{rid}", "_etag": etag,
            "_attachments": "attachments/", "_ts": int(now),
        }  # fmt: skip
        stored = Stored(lsn, rid, full, etag, self._expiry(body, now))
        self._put(key, body["id"], stored)
        return stored, charges.of_write(full, self.policy, over=old is not None)

    def batch(self, key: Key, operations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Apply all operations or none; if one fails, the others get the status 424."""
        if len(operations) > MAX_OPERATIONS:
            raise Rejected(400, "A batch has at most 100 operations")
        before = self.lsn, dict(self.partitions.get(key, {})), len(self.feed)
        key_range = self.range_of(key)
        range_lsn = key_range.lsn
        answers: list[dict[str, Any]] = []
        for index, operation in enumerate(operations):
            try:
                if operation["operationType"] in WHOLE_DOCUMENT:
                    check_document(operation.get("resourceBody"))
                answers.append(self._operate(key, operation))
            except Rejected as exc:
                self.lsn, self.partitions[key], feed_length = before
                del self.feed[feed_length:]
                key_range.lsn = range_lsn
                self.replica.undo(self.lsn)
                skipped: dict[str, Any] = {"statusCode": 424, "requestCharge": 0}
                answers = [skipped.copy() for _ in operations]
                answers[index] = {"statusCode": exc.status, "requestCharge": 1.24}
                return answers
        return answers

    def query(
        self,
        query: sql.Query,
        target: Key | Range,
        session: SessionTokens,
        after: str | None,
        limit: int,
    ) -> tuple[list[dict[str, Any]], str | None, float]:
        """Return a page, its continuation, and the charge."""
        if not self.policy.can_order_by(query.order):
            raise Rejected(
                400, "The order-by item is excluded from the index, or needs a composite"
            )
        indexed = all(self.policy.indexes(path) for path in query.filters)
        alive = [stored.body for stored in self._alive(target, session) if stored.body is not None]
        documents = [body for body in alive if query.matches(body)]

        def sort_key(body: dict[str, Any]) -> list[Any]:
            values = [sql.rank(sql.value_at(body, path)) for path in query.order]
            return [*([list(value) for value in values]), body["_rid"]]

        documents.sort(key=sort_key, reverse=query.descending)
        if after is not None:
            start = json.loads(base64.b64decode(after))
            documents = [
                body for body in documents
                if (sort_key(body) < start if query.descending else sort_key(body) > start)
            ]  # fmt: skip
        page, has_more = documents[:limit], len(documents) > limit
        token = (
            base64.b64encode(json.dumps(sort_key(page[-1])).encode()).decode() if has_more else None
        )
        return page, token, charges.of_query(page if indexed else alive)

    def changes(
        self, target: KeyRange | Range | Key, since: int, limit: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Return documents changed after `since`, in their newest version, and the last LSN."""
        documents: list[dict[str, Any]] = []
        for lsn, key, name in self.feed[bisect_right(self.feed, (since, AFTER_ALL_KEYS, "")) :]:
            if not is_in(target, key, self.effective_of(key)):
                continue
            stored = self.newest(key, name)
            if stored and stored.lsn == lsn and stored.body:
                documents.append(stored.body | {"_lsn": lsn})
                since = lsn
            if len(documents) == limit:
                break
        return documents, since

    def lsn_at(self, moment: float) -> int:
        """Return the LSN of the last write before the moment, in whole seconds."""
        later = (
            lsn
            for lsn, key, name in self.feed
            if (stored := self.newest(key, name)) and stored.body and stored.body["_ts"] >= moment
        )
        return next(later, self.lsn + 1) - 1

    def _operate(self, key: Key, operation: Mapping[str, Any]) -> dict[str, Any]:
        kind, body = operation["operationType"], operation.get("resourceBody", {})
        if kind == "Delete":
            charge = self.remove(key, operation["id"], operation.get("ifMatch"))
            return {"statusCode": 204, "requestCharge": charge}
        if kind == "Create":
            stored, charge = self.create(key, body)
        elif kind == "Replace":
            stored, charge = self.replace(key, operation["id"], body, operation.get("ifMatch"))
        elif kind == "Patch":
            stored, charge = self.patch(key, operation["id"], body)
        elif kind == "Upsert":
            stored, charge = self.upsert(key, body, operation.get("ifMatch"))
        else:
            raise Rejected(400, f"{kind} is not supported")
        status = 201 if kind == "Create" else 200
        answer = {"statusCode": status, "requestCharge": charge, "eTag": stored.etag}
        return answer | {"resourceBody": stored.body}

    def _check(self, key: Key, name: str, etag: str | None) -> Stored:
        old = self.newest(key, name)
        if old is None:
            raise Rejected(404, f"{name} does not exist")
        if etag not in {None, "*", old.etag}:
            raise Rejected(412, f"{name} has another version")
        return old

    def _check_key(self, key: Key, body: Mapping[str, Any]) -> None:
        own = tuple(sql.value_at(body, path) for path in self.paths)
        if own != key:
            raise Rejected(400, f"{key} is not the key in the document", sub_status=1001)

    def _put(self, key: Key, name: str, stored: Stored) -> None:
        documents = self.partitions.setdefault(key, {})
        if self.replica.lags:
            stored.before = documents.get(name)
        documents[name] = stored
        self.lsn = self.range_of(key).lsn = stored.lsn
        self.replica.wrote(stored.lsn)
        self.feed.append((stored.lsn, key, name))

    def _limit(self, key: Key, session: SessionTokens) -> int:
        """Return the newest LSN that a reader with this session sees of a logical partition."""
        return max(self.replica.reached(self.lsn), session.of(self.range_of(key)))

    def _visible(self, stored: Stored | None, limit: int) -> Stored | None:
        while stored and stored.lsn > limit:
            stored = stored.before
        if stored is None or stored.body is None:
            return None
        return None if stored.expires is not None and stored.expires <= self.clock() else stored

    def _alive(self, target: Key | Range, session: SessionTokens) -> Iterator[Stored]:
        for key in self._keys(target):
            limit = self._limit(key, session)
            for stored in list(self.partitions.get(key, {}).values()):
                if visible := self._visible(stored, limit):
                    yield visible

    def _keys(self, target: Key | Range) -> list[Key]:
        if not isinstance(target, Range):
            return [target]
        return [key for key in self.partitions if is_in(target, key, self.effective_of(key))]

    def effective_of(self, key: Key) -> str:
        """Return the hash of the key, as the SDK computes it."""
        if key not in self.effective:
            effective = self.key._get_effective_partition_key_string(list(key))
            self.effective[key] = str(effective)
        return self.effective[key]

    def _expiry(self, body: Mapping[str, Any], now: float) -> float | None:
        default = self.properties.get("defaultTtl")
        seconds = None if default is None else body.get("ttl", default)
        return None if seconds is None or seconds < 0 else int(now) + seconds
