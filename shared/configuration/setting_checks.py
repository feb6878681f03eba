"""What is checked before a setting is stored, and which settings name one before it is removed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from shared.configuration import documents
from shared.configuration.channel_groups import check_channel_group, check_store
from shared.configuration.domain import collections as col
from shared.configuration.domain.attributes import Attribute, AttributeGroup, AttributeType, wrong
from shared.configuration.domain.number_sequences import NumberSequence, NumberSequenceUsed, overlap
from shared.configuration.domain.stores import ChannelDatabaseGroup, Store
from shared.context import Context
from shared.core.errors import Flaw, Invalid
from shared.core.evolve import evolve
from shared.core.values import Setting

T = TypeVar("T", bound=Setting)
Check = Callable[[Any, Context], Awaitable[list[Flaw]]]
MAX_USERS_PER_COLLECTION = 10


async def used_by(collection: str, key: str, *, context: Context) -> list[str]:
    """Return the settings that name it, as `collection/key`: one query per possible collection."""
    users = col.named_by(collection)
    keys_by_user = await asyncio.gather(
        *(
            documents.query_keys_naming(
                context.documents,
                context.legal_entity,
                user,
                (collection, key),
                limit=MAX_USERS_PER_COLLECTION,
            )
            for user in users
        )
    )
    return [
        f"{user}/{user_key}"
        for user, user_keys in zip(users, keys_by_user, strict=True)
        for user_key in user_keys
    ]


async def check_setting(
    collection: col.Collection[Any], setting: Setting, context: Context
) -> None:
    flaws = await context.configuration.unknown(context.legal_entity, collection.names(setting))
    if check := None if flaws else _CHECKS.get(type(setting)):
        flaws = await check(setting, context)
    if not flaws:
        flaws = await collection.check(setting, context)
    if flaws:
        raise Invalid(flaws)


async def _check_members(group: AttributeGroup, context: Context) -> list[Flaw]:
    """A default that its own attribute refuses would prevent every creation of a customer."""
    flaws: list[Flaw] = []
    for index, member in enumerate(group.members):
        attribute = await context.configuration.find(
            context.legal_entity, col.ATTRIBUTES, member.attribute
        )
        if attribute:
            defaulted = evolve(attribute, default_value=member.default_value)
            flaws += [
                replace(flaw, pointer=f"/members/{index}{flaw.pointer}")
                for flaw in await _check_default(defaulted, context)
            ]
    return flaws


async def _check_format(sequence: NumberSequence, context: Context) -> list[Flaw]:
    """Two sequences that can produce the same number would give it to two customers."""
    sequences = documents.all_settings(
        context.documents, context.legal_entity, col.NUMBER_SEQUENCES
    )
    return [
        Flaw("/format", "format-overlaps", f"{other.code} can produce the same numbers.")
        async for other in sequences
        if other.code != sequence.code and overlap(other.format, sequence.format)
    ]


async def _check_default(attribute: Attribute, context: Context) -> list[Flaw]:
    attribute_type = await context.configuration.find(
        context.legal_entity, col.ATTRIBUTE_TYPES, attribute.attribute_type
    )
    default = attribute.default_value
    if attribute_type is None or default is None:
        return []
    values = default if isinstance(default, list) and attribute_type.multi_value else [default]
    problems = [problem for value in values if (problem := wrong(value, attribute_type))]
    return [Flaw("/defaultValue", code, detail) for code, detail in problems]


_CHECKS: Mapping[type[Setting], Check] = {
    Attribute: _check_default,
    AttributeGroup: _check_members,
    NumberSequence: _check_format,
    Store: check_store,
    ChannelDatabaseGroup: check_channel_group,
}


async def check_change(
    collection: col.Collection[T], before: T, after: T, context: Context
) -> None:
    """Refuse to change how values are checked while there may be values.

    Raises StillInUse, NumberSequenceUsed.
    """
    collection.may_become(before, after)
    if isinstance(before, NumberSequence) and isinstance(after, NumberSequence):
        _check_sequence(before, after)
    if not _changes_values(before, after):
        return
    key = collection.key_of(after)
    if users := await used_by(collection.name, key, context=context):
        raise col.StillInUse(
            f"{key} is named by {', '.join(users)}; create another one instead.", usedBy=users
        )


def _changes_values(before: Setting, after: Setting) -> bool:
    if isinstance(before, AttributeType) and isinstance(after, AttributeType):
        return (before.data_type, before.multi_value) != (after.data_type, after.multi_value)
    if isinstance(before, Attribute) and isinstance(after, Attribute):
        return before.attribute_type != after.attribute_type
    return False


def _check_sequence(before: NumberSequence, after: NumberSequence) -> None:
    if after.next < before.next:
        raise NumberSequenceUsed(f"The next number is {before.next}; it cannot be reduced.")
    if before.next > 1 and after.format != before.format:
        raise NumberSequenceUsed(
            "Numbers were issued in the present format; create another sequence instead."
        )
