"""What can be asked of the settings of a company."""

import asyncio
from collections.abc import Callable
from typing import Any

from shared.domain import collections as col
from shared.domain.attributes import Attribute, AttributeType, wrong
from shared.domain.companies import Parameters
from shared.domain.sequences import NumberSequence, NumberSequenceUsed, overlap
from shared.domain.values import Setting
from shared.errors import Flaw, Invalid, Stale, VersionRequired
from shared.ports import Contains, Create, Document, Page, Remove, Replace
from shared.usecases.changes import check_version
from shared.usecases.configuration import PARAMETERS
from shared.usecases.errand import Errand

MOST_NAMED = 10


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
    old = await errand.documents.read("settings", place, key)
    body = setting_document(key, setting, collection.names(setting))
    if old is None:
        if if_match is not None:
            raise Stale("There is no version of it to match.")
        [etag] = await errand.documents.commit("settings", place, [Create(body)])
    else:
        await _check_change(collection, key, old, setting, errand)
        [etag] = await _replace(place, body, old, if_match, errand)
    errand.configuration.forget(errand.legal_entity)
    return Document(body, etag), old is None


async def remove_setting(
    collection: col.Collection[Any], key: str, *, if_match: str, errand: Errand
) -> None:
    """Remove a setting that nobody names. Raises SettingNotFound, StillInUse, Stale."""
    document = await read_setting(collection, key, errand=errand)
    check_version(document.etag, if_match)
    if collection is col.NUMBER_SEQUENCES and document.body["setting"]["next"] > 1:
        raise NumberSequenceUsed(f"{key} has given numbers away.")
    users = await used_by(collection.name, key, errand=errand)
    if users:
        raise col.StillInUse(f"{key} is named by {', '.join(users)}.", usedBy=users)
    await errand.documents.commit("settings", errand.place(collection.name), [Remove(key)])
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
    """Replace the parameters by what `change` makes of them. Raises Invalid, Stale."""
    document = await read_parameters(errand=errand)
    check_version(document.etag, if_match)
    parameters = change(document.body["setting"])
    names = col.names_of_parameters(parameters)
    if flaws := await errand.configuration.unknown(errand.legal_entity, names):
        raise Invalid(flaws)
    body = setting_document(PARAMETERS[1], parameters, names)
    place = errand.place(PARAMETERS[0])
    [etag] = await errand.documents.commit("settings", place, [Replace(body, document.etag)])
    errand.configuration.forget(errand.legal_entity)
    return Document(body, etag)


def setting_document(key: str, setting: Setting, names: Any) -> dict[str, Any]:
    return {
        "id": key,
        "setting": setting.model_dump(mode="json", by_alias=True),
        "names": sorted({f"{collection}/{named}" for _, collection, named in names}),
    }


async def _replace(
    place: tuple[str, ...],
    body: dict[str, Any],
    old: Document,
    if_match: str | None,
    errand: Errand,
) -> list[str]:
    if if_match is None:
        raise VersionRequired("It exists; send If-Match with the version you read.")
    check_version(old.etag, if_match)
    return await errand.documents.commit("settings", place, [Replace(body, old.etag)])


async def _check(collection: col.Collection[Any], setting: Setting, errand: Errand) -> None:
    flaws = await errand.configuration.unknown(errand.legal_entity, collection.names(setting))
    if isinstance(setting, Attribute) and not flaws:
        flaws = await _check_default(setting, errand)
    if isinstance(setting, NumberSequence):
        flaws = await _check_format(setting, errand)
    if flaws:
        raise Invalid(flaws)


async def _check_format(sequence: NumberSequence, errand: Errand) -> list[Flaw]:
    """Two sequences that can write the same number would give it to two customers."""
    page = await errand.documents.query("settings", errand.place(col.NUMBER_SEQUENCES.name))
    return [
        Flaw("/format", "format-overlaps", f"{document.id} can write the same numbers.")
        for document in page.documents
        if document.id != sequence.code
        and overlap(document.body["setting"]["format"], sequence.format)
    ]


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
    if isinstance(new, NumberSequence) and new.next < before.next:
        raise NumberSequenceUsed(f"It stands at {before.next} and cannot go back.")
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
