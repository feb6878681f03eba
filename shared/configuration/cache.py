"""Reading what is configured, as the typed settings of the domain."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.configuration.domain import collections as col
from shared.configuration.domain.attributes import Definition
from shared.configuration.domain.companies import Company, LegalEntityNotFound, Parameters
from shared.configuration.domain.stores import Store
from shared.core.errors import Flaw, Invalid
from shared.core.values import Setting
from shared.ports.documents import Documents, can_be_id

T = TypeVar("T", bound=Setting)
W = TypeVar("W")
FRESH = 2.0  # seconds; what another process changed is seen within them
MOST_REMEMBERED = 5_000

COMPANY = ("company", "company")
PARAMETERS = ("parameters", "parameters")
FEATURES = ("features", "features")


@dataclass(frozen=True, slots=True)
class Remembered:
    until: float
    value: Any


class Configuration:
    """Settings change rarely and are needed by every request, so they are remembered briefly.

    What is not there is never remembered, and a change made through this process is seen at once.
    """

    def __init__(self, documents: Documents, clock: Callable[[], float] = time.monotonic) -> None:
        self._documents = documents
        self._clock = clock
        self._remembered: dict[tuple[str, str, str], Remembered] = {}
        self._customers: set[tuple[str, str]] = set()  # that something derived depends on

    async def company(self, legal_entity: str) -> Company:
        """Return the company, or raise LegalEntityNotFound."""
        company = await self._get(legal_entity, *COMPANY, Company.model_validate)
        if company is None:
            raise LegalEntityNotFound(f"There is no legal entity {legal_entity}.")
        return company  # type: ignore[no-any-return]  # what was remembered is what was parsed

    async def parameters(self, legal_entity: str) -> Parameters:
        found = await self._get(legal_entity, *PARAMETERS, lambda b: Parameters(**own_fields(b)))
        return found or Parameters()

    async def features(self, legal_entity: str) -> Mapping[str, bool]:
        found = await self._get(legal_entity, *FEATURES, lambda body: body["enabled"])
        return found or {}

    async def find(self, legal_entity: str, collection: col.Collection[T], key: str) -> T | None:
        def parse(body: dict[str, Any]) -> T:
            return collection.model.model_validate(own_fields(body))

        found: T | None = await self._get(legal_entity, collection.name, key, parse)
        return found

    async def require(
        self, legal_entity: str, collection: col.Collection[T], key: str, pointer: str
    ) -> T:
        """Return the setting, or raise Invalid at the place where it was named."""
        found = await self.find(legal_entity, collection, key)
        if found is None:
            raise Invalid([_unknown(pointer, collection.name, key)])
        return found

    async def store(self, legal_entity: str, number: str, pointer: str) -> Store:
        return await self.require(legal_entity, col.STORES, number, pointer)

    async def unknown(self, legal_entity: str, names: Iterable[col.Naming]) -> list[Flaw]:
        """Return a flaw for each name that names nothing."""
        namings = list(names)
        found = await asyncio.gather(
            *(self._is_there(legal_entity, collection, key) for _, collection, key in namings)
        )
        return [
            _unknown(pointer, collection, key)
            for (pointer, collection, key), there in zip(namings, found, strict=True)
            if not there
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
        """Return what follows from several settings, remembered as long as they are.

        It is forgotten early where the `customer` that it depends on changes.
        """
        name = (legal_entity, what, key)
        remembered = self._remembered.get(name)
        if remembered is None or remembered.until <= self._clock():
            if customer:
                self._customers.add((legal_entity, customer))
            remembered = self._remember(name, await derive())
        value: W = remembered.value
        return value

    async def definitions(self, legal_entity: str, group: str | None) -> dict[str, Definition]:
        """Return the attributes of a group by name, in display order."""
        if group is None:
            return {}
        return await self.derived(
            legal_entity, "definitions", group, lambda: self._definitions(legal_entity, group)
        )

    async def _definitions(self, legal_entity: str, group: str) -> dict[str, Definition]:
        found = await self.find(legal_entity, col.ATTRIBUTE_GROUPS, group)
        definitions: dict[str, Definition] = {}
        for member in sorted(found.members if found else [], key=lambda one: one.display_order):
            attribute = await self.find(legal_entity, col.ATTRIBUTES, member.attribute)
            kind = attribute and await self.find(
                legal_entity, col.ATTRIBUTE_TYPES, attribute.attribute_type
            )
            if attribute and kind:
                definitions[attribute.name] = Definition(member, attribute, kind)
        return definitions

    def customer_changed(self, legal_entity: str, key: str) -> None:
        """Forget what depends on the customer."""
        if (legal_entity, key) in self._customers:
            self.forget(legal_entity)

    def forget(self, legal_entity: str) -> None:
        """Read everything of the company anew. Called by whoever changes something there."""
        for place in [place for place in self._remembered if place[0] == legal_entity]:
            del self._remembered[place]

    async def _is_there(self, legal_entity: str, collection: str, key: str) -> bool:
        if not can_be_id(key):
            return False  # so nothing can be called that
        if collection == "customers":
            return await self._documents.read("customers", (legal_entity, key), key) is not None
        return await self.find(legal_entity, col.COLLECTIONS[collection], key) is not None

    async def _get(
        self, legal_entity: str, collection: str, key: str, parse: Callable[[dict[str, Any]], Any]
    ) -> Any:
        place = (legal_entity, collection, key)
        known = self._remembered.get(place)
        if known and known.until > self._clock():
            return known.value
        document = await self._documents.read("settings", (legal_entity, collection), key)
        if document is None:
            return None
        return self._remember(place, parse(document.body)).value

    def _remember(self, place: tuple[str, str, str], value: Any) -> Remembered:
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        known = self._remembered[place] = Remembered(self._clock() + FRESH, value)
        return known


def own_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the setting as it was sent, without what is stored around it."""
    own: dict[str, Any] = body["setting"]
    return own


def _unknown(pointer: str, collection: str, key: str) -> Flaw:
    noun = collection.removesuffix("s").removesuffix("-setting")
    return Flaw(pointer, f"unknown-{noun}", f"There is no {key} among the {collection}.")
