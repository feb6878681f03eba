"""What the feed of a store and its topic tell: the only memory that the machine has."""

import json
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

from shared.consent.spreading.spreads import FOLLOWED
from shared.platform.topology import containers
from shared.ports.bus import BusUnavailable, DeadLetter, Outgoing
from shared.ports.documents import Documents
from tests.api import COMPANY
from tests.consent.machine.model import Entry, entry_of

OTHER = "GBRT"  # a company of which nothing may change
PAGE_SIZE = 1_000
Json = dict[str, Any]
Version = tuple[str, int]  # of a customer


async def changes(
    documents: Documents, container: str, company: str, position: str | None = None
) -> AsyncIterator[tuple[Json, str]]:
    """Yield what a company wrote after the position, with its key, and the position after it."""
    paths = [path.strip("/") for path in containers()[container].partition_key]
    while True:
        found = await documents.changes(container, position, PAGE_SIZE)
        if not found.documents:
            return
        position = found.position
        for document in found.documents:
            if company in document.partition:
                yield document.body | dict(zip(paths, document.partition, strict=True)), position


async def documents_of(company: str, documents: Documents) -> list[str]:
    """Return every document of a company, as it is stored, in an order of their own."""
    return sorted(
        [
            f"{container} {json.dumps(body, sort_keys=True)}"
            for container in containers()
            async for body, _ in changes(documents, container, company)
        ]
    )


class Ledgers:
    """The customers of the company as they are, every entry, and the events of all versions."""

    def __init__(self, documents: Documents) -> None:
        self.customers: dict[str, Json] = {}
        self.entries: dict[tuple[str, int], Entry] = {}
        self.events: dict[Version, Json] = {}
        self.told: dict[Version, None] = {}  # versions that were not relayed yet, oldest first
        self.followed: set[Version] = set()
        self._documents = documents
        self._cores: dict[tuple[str, int], Json] = {}
        self._version_of: dict[tuple[str, int], Version] = {}
        self._position: str | None = None

    async def listen(self) -> int:
        """Hear what was written; return how much it was."""
        count = 0
        heard = changes(self._documents, "customers", COMPANY, self._position)
        async for body, self._position in heard:
            self._hear(body)
            count += 1
        return count

    def settled(self, requests: Collection[str]) -> tuple[list[Entry], list[Entry]]:
        """Return the entries that every reader must see, and those that perhaps none does.

        The former were recorded by these requests, or the message of their version was followed.
        """
        sure: list[Entry] = []
        others: list[Entry] = []
        for name, entry in self.entries.items():
            is_followed = self._version_of.get(name) in self.followed
            is_sure = entry.made_by in requests or is_followed
            (sure if is_sure else others).append(entry)
        return sure, others

    def versions_by(self, request: str) -> set[Version]:
        """Return the versions of customers in which a request has decided something."""
        names = [name for name, one in self.entries.items() if one.made_by == request]
        return {self._version_of[name] for name in names if self.entries[name].counts}

    def _hear(self, body: Json) -> None:
        match body["type"]:
            case "customer" if body["madeBy"]:  # not the default customer
                self.customers[body["id"]] = body
            case "consent":
                self._hear_entry(body)
            case "event":
                self._hear_event(body)

    def _hear_entry(self, body: Json) -> None:
        entry = entry_of(body)
        assert self._cores.setdefault(entry.name, body["core"]) == body["core"], "never rewritten"
        self.entries[entry.name] = entry

    def _hear_event(self, body: Json) -> None:
        data = body["event"]["data"]
        version = (data["customerId"], data["version"])
        if version not in self.events:
            self.told[version] = None
        self.events[version] = body
        for consent in data.get("consents", []):
            self._version_of[data["customerId"], consent["sequence"]] = version


class Messages:
    """A bus whose messages are taken in any order, and can be taken again."""

    def __init__(self) -> None:
        self.is_away = False
        self.waiting: dict[str, bytes] = {}
        self.taken: dict[str, bytes] = {}

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        if self.is_away:
            raise BusUnavailable(f"{entity} is away")
        for message in messages:
            if entity != "events" or FOLLOWED in message.properties:
                self.waiting[message.id] = message.body

    def body(self, name: str) -> bytes:
        return self.waiting.get(name) or self.taken[name]

    def take(self, name: str) -> None:
        self.taken[name] = self.body(name)
        self.waiting.pop(name, None)

    async def dead_letters(self, entity: str, *, after: int, limit: int) -> list[DeadLetter]:
        return []

    async def replay(self, entity: str, sequence: int, body: bytes | None) -> bool:
        return False

    async def drop(self, entity: str, sequence: int) -> bool:
        return False

    async def compact(self) -> None:
        """Do nothing: nothing lies in files."""
