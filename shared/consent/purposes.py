"""The purposes of a company, as a collection of settings."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final
from weakref import WeakKeyDictionary

from shared.configuration.domain import collections as col
from shared.configuration.settings import all_settings, create_settings
from shared.consent.building import begin_building
from shared.consent.domain.purposes import ConsentPurpose, first_purposes
from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid
from shared.customers.domain.decisions import MARKETING
from shared.ports.documents import Documents, Put

CONTAINER: Final = "settings"
USED: Final = "consent-purposes-used"  # what decisions name: an entry for each purpose
_noted: WeakKeyDictionary[Documents, set[tuple[str, str]]] = WeakKeyDictionary()


def _keeps_texts(before: ConsentPurpose, after: ConsentPurpose) -> None:
    """Raise StillInUse where a text would change or go: audits need the wording."""
    for text in before.texts:
        if text not in after.texts:
            raise col.StillInUse(f"The text {text.version} is kept as it is.", usedBy=[])


async def _is_used(name: str, context: Context) -> bool:
    partition = (context.legal_entity, USED)
    return await context.documents.read(CONTAINER, partition, name) is not None


CONSENT_PURPOSES: col.Collection[Any] = col.Collection(
    "consent-purposes",
    ConsentPurpose,
    "name",
    first=first_purposes,
    may_become=_keeps_texts,
    is_used=_is_used,
)


async def note_used(names: Iterable[str], context: Context) -> None:
    """Note that decisions name the purposes; this process does so once for each."""
    noted = _noted.setdefault(context.documents, set())
    for name in names:
        if (context.legal_entity, name) not in noted:
            entry = Put({"id": name, "type": "consent-purpose-used", "schemaVersion": 1})
            await context.documents.commit(CONTAINER, (context.legal_entity, USED), [entry])
            noted.add((context.legal_entity, name))


async def find_purpose(name: str, context: Context) -> ConsentPurpose | None:
    """Return the purpose, or None. A company of an older version gets the first ones now."""
    company, configuration = context.legal_entity, context.configuration
    purpose = await configuration.find(company, CONSENT_PURPOSES, name)
    if purpose is None and name in {first.name for first in first_purposes()}:
        if await all_settings(CONSENT_PURPOSES, context=context):
            return None
        await begin_building(context)
        with suppress(AlreadyExists):
            await create_settings(CONSENT_PURPOSES, first_purposes(), context=context)
        purpose = await configuration.find(company, CONSENT_PURPOSES, name)
    return purpose


async def every_purpose(context: Context) -> list[ConsentPurpose]:
    """Return all purposes of the company."""
    await find_purpose(MARKETING, context)  # a company of an older version gets the first ones
    return await all_settings(CONSENT_PURPOSES, context=context)


async def require_purpose(name: str, pointer: str, context: Context) -> ConsentPurpose:
    """Return the purpose. Raises Invalid."""
    purpose = await find_purpose(name, context)
    if purpose is None:
        raise Invalid.at(pointer, "purpose-unknown", f"There is no purpose {name}.")
    return purpose
