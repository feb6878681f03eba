"""What can be asked of the settings of a company."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shared.domain import collections as col
from shared.domain.attributes import Attribute, AttributeGroup, AttributeType, wrong
from shared.domain.companies import Parameters
from shared.domain.follow_up_rules import FollowUpRule, check_date
from shared.domain.sequences import NumberSequence, NumberSequenceUsed, overlap
from shared.domain.values import Setting
from shared.errors import AlreadyExists, Flaw, Invalid, Stale, VersionRequired
from shared.ports import Contains, Create, Document, Operation, Page, Partition, Remove, Replace
from shared.usecases.changes import check_version, persist
from shared.usecases.configuration import PARAMETERS
from shared.usecases.errand import Errand

MOST_NAMED = 10
MOST_SEQUENCES = 1000


async def list_settings(
    collection: col.Collection[Any], *, limit: int, continuation: str | None, errand: Errand
) -> Page:
    return await errand.documents.query(
        "settings", errand.place(collection.name), limit=limit, continuation=continuation
    )


async def read_setting(collection: col.Collection[Any], key: str, *, errand: Errand) -> Document:
    document = await errand.documents.read("settings", errand.place(collection.name), key)
    if document is None:
        raise col.SettingNotFound(f"There is no {key} among the {collection.name}.")
    return document


async def put_setting(
    collection: col.Collection[Any],
    key: str,
    setting: Setting,
    *,
    if_match: str | None,
    errand: Errand,
) -> tuple[Document, bool]:
    """Make or replace a setting; return it, and whether it is new.

    Raises Invalid for names that name nothing, StillInUse, VersionRequired, Stale.
    """
    if collection.key_of(setting) != key:
        raise Invalid.at("", "key-mismatch", "The key in the path is not the one in the body.")
    await _check(collection, setting, errand)
    place = errand.place(collection.name)
    body = setting_document(key, setting, collection.names(setting))

    async def attempt() -> tuple[Document, bool]:
        old = await errand.documents.read("settings", place, key)
        if old:
            await _check_change(collection, key, old, setting, errand)
        etag = await put(place, body, old, if_match, errand)
        return Document(body, etag), old is None

    return await persist(attempt, if_match)


async def remove_setting(
    collection: col.Collection[Any], key: str, *, if_match: str, errand: Errand
) -> None:
    """Remove a setting that nobody names. Raises SettingNotFound, StillInUse, Stale."""
    document = await read_setting(collection, key, errand=errand)
    check_version(document.etag, if_match)
    if collection is col.NUMBER_SEQUENCES and document.body["setting"]["next"] > 1:
        raise NumberSequenceUsed(f"{key} has given numbers away.")
    if collection is col.WORKERS:
        raise col.WorkerKept("Records name the worker; replace it with active: false instead.")
    users = await used_by(collection.name, key, errand=errand)
    if users:
        raise col.StillInUse(f"{key} is named by {', '.join(users)}.", usedBy=users)
    # Replacing it first holds the removal to the version that was judged.
    both: list[Operation] = [Replace(document.body, document.etag), Remove(key)]
    await errand.documents.commit("settings", errand.place(collection.name), both)
    errand.configuration.forget(errand.legal_entity)


async def used_by(collection: str, key: str, *, errand: Errand) -> list[str]:
    """Return who names it, as `collection/key`: one small query per collection that may."""
    pages = await asyncio.gather(
        *(
            errand.documents.query(
                "settings",
                errand.place(namer),
                Contains("names", (f"{collection}/{key}",)),
                limit=MOST_NAMED,
            )
            for namer in col.NAMED_BY.get(collection, ())
        )
    )
    namers = zip(col.NAMED_BY.get(collection, ()), pages, strict=True)
    return [f"{namer}/{document.id}" for namer, page in namers for document in page.documents]


async def read_parameters(*, errand: Errand) -> Document:
    document = await errand.documents.read("settings", errand.place(PARAMETERS[0]), PARAMETERS[1])
    if document is None:
        raise col.SettingNotFound("The company has no parameters.")
    return document


async def edit_parameters(
    change: Callable[[dict[str, Any]], Parameters], *, if_match: str, errand: Errand
) -> Document:
    """Replace the parameters by what `change` makes of them. Raises Invalid, Stale.

    What is changed of Customer Insights while it is enabled must work, or nothing is stored.
    """

    async def attempt() -> Document:
        document = await read_parameters(errand=errand)
        parameters = change(document.body["setting"])
        check_version(document.etag, if_match)
        names = col.names_of_parameters(parameters)
        if flaws := await errand.configuration.unknown(errand.legal_entity, names):
            raise Invalid(flaws)
        await _check_insights(document, parameters, errand)
        named = [*names, *col.measures_of_parameters(parameters)]
        body = setting_document(PARAMETERS[1], parameters, named)
        etag = await put(errand.place(PARAMETERS[0]), body, document, if_match, errand)
        return Document(body, etag)

    return await persist(attempt, if_match)


async def _check_insights(old: Document, new: Parameters, errand: Errand) -> None:
    before = Parameters.model_validate(old.body["setting"]).customer_insights
    if new.customer_insights.enabled and new.customer_insights != before:
        await errand.measures.check(errand.legal_entity, new.customer_insights)


def setting_document(key: str, setting: Setting, names: Any) -> dict[str, Any]:
    return {
        "id": key,
        "setting": setting.model_dump(mode="json", by_alias=True),
        "names": sorted({f"{collection}/{named}" for _, collection, named in names}),
    }


async def put(
    place: Partition,
    body: dict[str, Any],
    old: Document | None,
    if_match: str | None,
    errand: Errand,
) -> str:
    """Make what is not there, or replace the version that is named. Raises VersionRequired."""
    if old is None and if_match is not None:
        raise Stale("There is no version of it to match.")
    if old is not None and if_match is None:
        raise VersionRequired("It exists; send If-Match with the version you read.")
    if old is not None:
        check_version(old.etag, if_match or "")
    operation = Replace(body, old.etag) if old else Create(body)
    try:
        [etag] = await errand.documents.commit("settings", place, [operation])
    except AlreadyExists:
        raise VersionRequired("Somebody made it just now; read it first.") from None
    errand.configuration.forget(errand.legal_entity)
    return etag


async def _check(collection: col.Collection[Any], setting: Setting, errand: Errand) -> None:
    flaws = await errand.configuration.unknown(errand.legal_entity, collection.names(setting))
    if isinstance(setting, Attribute) and not flaws:
        flaws = await _check_default(setting, errand)
    if isinstance(setting, AttributeGroup) and not flaws:
        flaws = await _check_members(setting, errand)
    if isinstance(setting, NumberSequence):
        flaws = await _check_format(setting, errand)
    if isinstance(setting, FollowUpRule) and not flaws:
        flaws = await _check_rule(setting, errand)
    if flaws:
        raise Invalid(flaws)


async def _check_members(group: AttributeGroup, errand: Errand) -> list[Flaw]:
    """A default that its own attribute refuses would stand in the way of every new customer."""
    flaws: list[Flaw] = []
    for index, member in enumerate(group.members):
        attribute = await errand.configuration.find(
            errand.legal_entity, col.ATTRIBUTES, member.attribute
        )
        if attribute:
            defaulted = attribute.model_copy(update={"default_value": member.default_value})
            found = await _check_default(defaulted, errand)
            flaws += [replace(one, pointer=f"/members/{index}{one.pointer}") for one in found]
    return flaws


async def _check_format(sequence: NumberSequence, errand: Errand) -> list[Flaw]:
    """Two sequences that can write the same number would give it to two customers."""
    page = await errand.documents.query(
        "settings", errand.place(col.NUMBER_SEQUENCES.name), limit=MOST_SEQUENCES
    )
    return [
        Flaw("/format", "format-overlaps", f"{document.id} can write the same numbers.")
        for document in page.documents
        if document.id != sequence.code
        and overlap(document.body["setting"]["format"], sequence.format)
    ]


async def _check_rule(rule: FollowUpRule, errand: Errand) -> list[Flaw]:
    attribute = rule.attribute and await errand.configuration.find(
        errand.legal_entity, col.ATTRIBUTES, rule.attribute
    )
    kind = attribute and await errand.configuration.find(
        errand.legal_entity, col.ATTRIBUTE_TYPES, attribute.attribute_type
    )
    return check_date(kind or None)


async def _check_default(attribute: Attribute, errand: Errand) -> list[Flaw]:
    kind = await errand.configuration.find(
        errand.legal_entity, col.ATTRIBUTE_TYPES, attribute.attribute_type
    )
    value = attribute.default_value
    if kind is None or value is None:
        return []
    values = value if isinstance(value, list) and kind.multi_value else [value]
    problems = [problem for one in values if (problem := wrong(one, kind))]
    return [Flaw("/defaultValue", code, detail) for code, detail in problems]


async def _check_change(
    collection: col.Collection[Any], key: str, old: Document, new: Setting, errand: Errand
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
    if not same and (users := await used_by(collection.name, key, errand=errand)):
        raise col.StillInUse(
            f"{key} is named by {', '.join(users)}; make another instead.", usedBy=users
        )


def _check_sequence(before: NumberSequence, new: NumberSequence) -> None:
    if new.next < before.next:
        raise NumberSequenceUsed(f"It stands at {before.next} and cannot go back.")
    if before.next > 1 and new.format != before.format:
        raise NumberSequenceUsed("It has given numbers away in its format; make another instead.")
