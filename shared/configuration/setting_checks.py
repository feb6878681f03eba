"""What a setting must be before it is stored, and who names it before it goes."""

import asyncio
from dataclasses import replace
from typing import Any

from shared.configuration.domain import collections as col
from shared.configuration.domain.attributes import Attribute, AttributeGroup, AttributeType, wrong
from shared.configuration.domain.number_sequences import NumberSequence, NumberSequenceUsed, overlap
from shared.context import Context
from shared.core.errors import Flaw, Invalid
from shared.core.evolve import evolve
from shared.core.values import Setting
from shared.ports.documents import Contains, Document

MOST_NAMED = 10
MOST_SEQUENCES = 1000


async def used_by(collection: str, key: str, *, context: Context) -> list[str]:
    """Return the settings that name it, as `collection/key`: one query per possible collection."""
    namers = col.named_by(collection)
    pages = await asyncio.gather(
        *(
            context.documents.query(
                "settings",
                context.partition(namer),
                Contains("names", (f"{collection}/{key}",)),
                limit=MOST_NAMED,
            )
            for namer in namers
        )
    )
    return [
        f"{namer}/{document.id}"
        for namer, page in zip(namers, pages, strict=True)
        for document in page.documents
    ]


async def check_setting(
    collection: col.Collection[Any], setting: Setting, context: Context
) -> None:
    flaws = await context.configuration.unknown(context.legal_entity, collection.names(setting))
    if isinstance(setting, Attribute) and not flaws:
        flaws = await _check_default(setting, context)
    if isinstance(setting, AttributeGroup) and not flaws:
        flaws = await _check_members(setting, context)
    if isinstance(setting, NumberSequence):
        flaws = await _check_format(setting, context)
    if not flaws:
        flaws = await collection.check(setting, context)
    if flaws:
        raise Invalid(flaws)


async def _check_members(group: AttributeGroup, context: Context) -> list[Flaw]:
    """A default that its own attribute refuses would stand in the way of every new customer."""
    flaws: list[Flaw] = []
    for index, member in enumerate(group.members):
        attribute = await context.configuration.find(
            context.legal_entity, col.ATTRIBUTES, member.attribute
        )
        if attribute:
            defaulted = evolve(attribute, default_value=member.default_value)
            found = await _check_default(defaulted, context)
            flaws += [replace(one, pointer=f"/members/{index}{one.pointer}") for one in found]
    return flaws


async def _check_format(sequence: NumberSequence, context: Context) -> list[Flaw]:
    """Two sequences that can write the same number would give it to two customers."""
    page = await context.documents.query(
        "settings", context.partition(col.NUMBER_SEQUENCES.name), limit=MOST_SEQUENCES
    )
    return [
        Flaw("/format", "format-overlaps", f"{document.id} can write the same numbers.")
        for document in page.documents
        if document.id != sequence.code
        and overlap(document.body["setting"]["format"], sequence.format)
    ]


async def _check_default(attribute: Attribute, context: Context) -> list[Flaw]:
    kind = await context.configuration.find(
        context.legal_entity, col.ATTRIBUTE_TYPES, attribute.attribute_type
    )
    value = attribute.default_value
    if kind is None or value is None:
        return []
    values = value if isinstance(value, list) and kind.multi_value else [value]
    problems = [problem for one in values if (problem := wrong(one, kind))]
    return [Flaw("/defaultValue", code, detail) for code, detail in problems]


async def check_change(
    collection: col.Collection[Any], key: str, old: Document, new: Setting, context: Context
) -> None:
    """What values are judged by must not change while there may be values."""
    before = collection.model.model_validate(old.body["setting"])
    if isinstance(new, NumberSequence):
        _check_sequence(before, new)
    if isinstance(new, AttributeType):
        same = (before.data_type, before.multi_value) == (new.data_type, new.multi_value)
    elif isinstance(new, Attribute):
        same = before.attribute_type == new.attribute_type
    else:
        return
    if not same and (users := await used_by(collection.name, key, context=context)):
        raise col.StillInUse(
            f"{key} is named by {', '.join(users)}; make another instead.", usedBy=users
        )


def _check_sequence(before: NumberSequence, new: NumberSequence) -> None:
    if new.next < before.next:
        raise NumberSequenceUsed(f"It stands at {before.next} and cannot go back.")
    if before.next > 1 and new.format != before.format:
        raise NumberSequenceUsed("It has given numbers away in its format; make another instead.")
