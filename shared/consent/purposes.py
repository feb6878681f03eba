"""The purposes of a company, as a collection of settings."""

from contextlib import suppress
from typing import Any

from shared.configuration.domain import collections as col
from shared.configuration.settings import all_settings, create_settings
from shared.consent.domain.purposes import ConsentPurpose, first_purposes
from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid

CONSENT_PURPOSES: col.Collection[Any] = col.Collection(
    "consent-purposes", ConsentPurpose, "name", first=first_purposes
)


async def find_purpose(name: str, context: Context) -> ConsentPurpose | None:
    """Return the purpose, or None. A company of an older version gets the first ones now."""
    company, configuration = context.legal_entity, context.configuration
    purpose = await configuration.find(company, CONSENT_PURPOSES, name)
    if purpose is None and name in {first.name for first in first_purposes()}:
        if await all_settings(CONSENT_PURPOSES, context=context):
            return None
        with suppress(AlreadyExists):
            await create_settings(CONSENT_PURPOSES, first_purposes(), context=context)
        purpose = await configuration.find(company, CONSENT_PURPOSES, name)
    return purpose


async def require_purpose(name: str, pointer: str, context: Context) -> ConsentPurpose:
    """Return the purpose. Raises Invalid."""
    purpose = await find_purpose(name, context)
    if purpose is None:
        raise Invalid.at(pointer, "purpose-unknown", f"There is no purpose {name}.")
    return purpose
