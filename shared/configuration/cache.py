"""Reading what is configured, as the typed settings of the domain."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.configuration import documents as stored
from shared.configuration.domain import collections as col
from shared.configuration.domain.attributes import Definition
from shared.configuration.domain.companies import Company, LegalEntityNotFound, Parameters
from shared.configuration.domain.stores import Store
from shared.core.errors import Flaw, Invalid
from shared.core.values import Setting
from shared.core.versioned import Versioned
from shared.ports.documents import Documents, can_be_id

T = TypeVar("T", bound=Setting)
W = TypeVar("W")
CACHE_TTL_SECONDS = 2.0  # a change made by another process is seen within them
MAX_ENTRIES = 5_000

CacheKey = tuple[str, str, str]  # company, collection or kind of value, key
Exists = Callable[[str, str], Awaitable[bool]]  # called with the company and a key


@dataclass(frozen=True, slots=True)
class CacheEntry:
    expires_at: float
    value: Any


class Configuration:
    """Settings change rarely and are needed by every request, so they are cached briefly.

    A missing setting is never cached, and a change made through this process is seen at once.
    `exists` answers for what settings may name and other capabilities keep, by collection.
    """

    def __init__(
        self,
        documents: Documents,
        exists: Mapping[str, Exists] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._documents = documents
        self._exists_elsewhere = exists or {}
        self._clock = clock
        self._entries: dict[CacheKey, CacheEntry] = {}
        self._customers: set[tuple[str, str]] = set()  # those that a derived value depends on

    async def company(self, legal_entity: str) -> Company:
        """Return the company. Raises LegalEntityNotFound."""
        key = (legal_entity, stored.COMPANY, "")
        company = await self._cached(
            key, lambda: stored.find_company(self._documents, legal_entity)
        )
        if company is None:
            raise LegalEntityNotFound(f"There is no legal entity {legal_entity}.")
        return company

    async def parameters(self, legal_entity: str) -> Parameters:
        key = (legal_entity, stored.PARAMETERS, "")
        parameters = await self._cached(
            key, lambda: stored.find_parameters(self._documents, legal_entity)
        )
        return parameters or Parameters()

    async def features(self, legal_entity: str) -> Mapping[str, bool]:
        key = (legal_entity, stored.FEATURES, "")
        features = await self._cached(
            key, lambda: stored.find_features(self._documents, legal_entity)
        )
        return features or {}

    async def find(self, legal_entity: str, collection: col.Collection[T], key: str) -> T | None:
        """Return the setting, or None: also for a key that none can have."""
        if not can_be_id(key):
            return None
        return await self._cached(
            (legal_entity, collection.name, key),
            lambda: stored.find_setting(self._documents, legal_entity, collection, key),
        )

    async def require(
        self, legal_entity: str, collection: col.Collection[T], key: str, pointer: str
    ) -> T:
        """Return the setting. Raises Invalid, at the pointer where it was named."""
        setting = await self.find(legal_entity, collection, key)
        if setting is None:
            raise Invalid([_unknown(pointer, collection.name, key)])
        return setting

    async def store(self, legal_entity: str, number: str, pointer: str) -> Store:
        return await self.require(legal_entity, col.STORES, number, pointer)

    async def unknown(self, legal_entity: str, names: Iterable[col.Naming]) -> list[Flaw]:
        """Return a flaw for each name of something that does not exist."""
        namings = list(names)
        existing = await asyncio.gather(
            *(self._exists(legal_entity, collection, key) for _, collection, key in namings)
        )
        return [
            _unknown(pointer, collection, key)
            for (pointer, collection, key), exists in zip(namings, existing, strict=True)
            if not exists
        ]

    async def derived(
        self,
        legal_entity: str,
        what: str,
        key: str,
        derive: Callable[[], Awaitable[W]],
        *,
        customer: str | None = None,
    ) -> W:
        """Return a value computed from several settings, cached as long as they are.

        It is dropped early where the `customer` that it depends on changes.
        """
        cache_key = (legal_entity, what, key)
        entry = self._fresh(cache_key)
        if entry is None:
            if customer:
                self._customers.add((legal_entity, customer))
            entry = self._store(cache_key, await derive())
        value: W = entry.value
        return value

    async def keys(self, legal_entity: str, collection: col.Collection[Any]) -> frozenset[str]:
        """Return the keys of a collection. A query for each 500, cached."""
        return await self.derived(
            legal_entity, "keys", collection.name, lambda: self._keys(legal_entity, collection)
        )

    async def _keys(self, legal_entity: str, collection: col.Collection[Any]) -> frozenset[str]:
        settings = stored.all_settings(self._documents, legal_entity, collection)
        return frozenset([collection.key_of(setting) async for setting in settings])

    async def definitions(self, legal_entity: str, group: str | None) -> dict[str, Definition]:
        """Return the attributes of a group by name, in display order."""
        if group is None:
            return {}
        return await self.derived(
            legal_entity, "definitions", group, lambda: self._definitions(legal_entity, group)
        )

    async def _definitions(self, legal_entity: str, name: str) -> dict[str, Definition]:
        group = await self.find(legal_entity, col.ATTRIBUTE_GROUPS, name)
        members = group.members if group else []
        definitions: dict[str, Definition] = {}
        for member in sorted(members, key=lambda member: member.display_order):
            attribute = await self.find(legal_entity, col.ATTRIBUTES, member.attribute)
            attribute_type = attribute and await self.find(
                legal_entity, col.ATTRIBUTE_TYPES, attribute.attribute_type
            )
            if attribute and attribute_type:
                definitions[attribute.name] = Definition(member, attribute, attribute_type)
        return definitions

    def customer_changed(self, legal_entity: str, key: str) -> None:
        """Drop what depends on the customer."""
        if (legal_entity, key) in self._customers:
            self.forget(legal_entity)

    def forget(self, legal_entity: str) -> None:
        """Drop everything of the company. Called after every change of its settings."""
        for key in [key for key in self._entries if key[0] == legal_entity]:
            del self._entries[key]

    async def _exists(self, legal_entity: str, collection: str, key: str) -> bool:
        if not can_be_id(key):
            return False
        if exists := self._exists_elsewhere.get(collection):
            return await exists(legal_entity, key)
        return await self.find(legal_entity, col.COLLECTIONS[collection], key) is not None

    async def _cached(
        self, key: CacheKey, load: Callable[[], Awaitable[Versioned[W] | None]]
    ) -> W | None:
        entry = self._fresh(key)
        if entry is None:
            loaded = await load()
            if loaded is None:
                return None
            entry = self._store(key, loaded.value)
        value: W = entry.value
        return value

    def _fresh(self, key: CacheKey) -> CacheEntry | None:
        entry = self._entries.get(key)
        return entry if entry and entry.expires_at > self._clock() else None

    def _store(self, key: CacheKey, value: Any) -> CacheEntry:
        if len(self._entries) >= MAX_ENTRIES:
            self._entries.clear()
        entry = self._entries[key] = CacheEntry(self._clock() + CACHE_TTL_SECONDS, value)
        return entry


def _unknown(pointer: str, collection: str, key: str) -> Flaw:
    return Flaw(
        pointer, f"unknown-{col.noun(collection)}", f"There is no {key} among the {collection}."
    )
