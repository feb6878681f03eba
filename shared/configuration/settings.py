"""What can be asked of the settings of a company."""

from collections.abc import Callable, Hashable
from typing import Any

from shared.configuration.cache import PARAMETERS
from shared.configuration.domain import collections as col
from shared.configuration.domain.companies import Parameters
from shared.configuration.domain.number_sequences import NumberSequenceUsed
from shared.configuration.setting_checks import check_change, check_setting, used_by
from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid, VersionMismatch, VersionRequired
from shared.core.retry import check_version, write
from shared.core.values import Setting
from shared.ports.documents import Create, Document, Operation, Page, Partition, Remove, Replace


async def list_settings(
    collection: col.Collection[Any], *, limit: int, continuation: str | None, context: Context
) -> Page:
    return await context.documents.query(
        "settings", context.partition(collection.name), limit=limit, continuation=continuation
    )


async def read_setting(collection: col.Collection[Any], key: str, *, context: Context) -> Document:
    document = await context.documents.read("settings", context.partition(collection.name), key)
    if document is None:
        raise col.SettingNotFound(f"There is no {key} among the {collection.name}.")
    return document


async def put_setting(
    collection: col.Collection[Any],
    key: str,
    setting: Setting,
    *,
    if_match: str | None,
    context: Context,
) -> tuple[Document, bool]:
    """Make or replace a setting; return it, and whether it is new.

    Raises Invalid for names that name nothing, StillInUse, VersionRequired, Stale.
    """
    if collection.key_of(setting) != key:
        raise Invalid.at("", "key-mismatch", "The key in the path is not the one in the body.")
    await check_setting(collection, setting, context)
    partition = context.partition(collection.name)
    body = setting_document(key, setting, collection.names(setting))

    async def attempt() -> tuple[Document, bool]:
        old = await context.documents.read("settings", partition, key)
        if old:
            await check_change(collection, key, old, setting, context)
        etag = await put(partition, body, old, if_match, context)
        return Document(body, etag), old is None

    return await write(attempt, if_match=if_match, turn=_turn(partition, key))


async def remove_setting(
    collection: col.Collection[Any], key: str, *, if_match: str, context: Context
) -> None:
    """Remove a setting that nothing names. Raises SettingNotFound, StillInUse, Stale."""

    async def attempt() -> None:
        await _remove(collection, key, if_match, context)

    partition = context.partition(collection.name)
    await write(attempt, if_match=if_match, turn=_turn(partition, key))


async def _remove(
    collection: col.Collection[Any], key: str, if_match: str, context: Context
) -> None:
    document = await read_setting(collection, key, context=context)
    check_version(document.etag, if_match)
    if collection is col.NUMBER_SEQUENCES and document.body["setting"]["next"] > 1:
        raise NumberSequenceUsed(f"{key} has given numbers away.")
    if collection is col.WORKERS:
        raise col.WorkerKept("Records name the worker; replace it with active: false instead.")
    users = await used_by(collection.name, key, context=context)
    if users:
        raise col.StillInUse(f"{key} is named by {', '.join(users)}.", usedBy=users)
    # Replacing it first holds the removal to the version that was judged.
    both: list[Operation] = [Replace(document.body, document.etag), Remove(key)]
    await context.documents.commit("settings", context.partition(collection.name), both)
    context.configuration.forget(context.legal_entity)


def _turn(partition: Partition, *key: str) -> Hashable:
    return ("settings", *partition, *key)


async def read_parameters(*, context: Context) -> Document:
    partition = context.partition(PARAMETERS[0])
    document = await context.documents.read("settings", partition, PARAMETERS[1])
    if document is None:
        raise col.SettingNotFound("The company has no parameters.")
    return document


async def edit_parameters(
    change: Callable[[dict[str, Any]], Parameters], *, if_match: str, context: Context
) -> Document:
    """Replace the parameters by what `change` makes of them. Raises Invalid, Stale.

    What is changed of Customer Insights while it is enabled must work, or nothing is stored.
    """

    async def attempt() -> Document:
        document = await read_parameters(context=context)
        parameters = change(document.body["setting"])
        check_version(document.etag, if_match)
        names = col.names_of_parameters(parameters)
        if flaws := await context.configuration.unknown(context.legal_entity, names):
            raise Invalid(flaws)
        await _check_insights(document, parameters, context)
        named = [*names, *col.measures_of_parameters(parameters)]
        body = setting_document(PARAMETERS[1], parameters, named)
        etag = await put(context.partition(PARAMETERS[0]), body, document, if_match, context)
        return Document(body, etag)

    return await write(attempt, if_match=if_match, turn=_turn(context.partition(*PARAMETERS)))


async def _check_insights(old: Document, new: Parameters, context: Context) -> None:
    before = Parameters.model_validate(old.body["setting"]).customer_insights
    if new.customer_insights.enabled and new.customer_insights != before:
        await context.measures.check(context.legal_entity, new.customer_insights)


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
    context: Context,
) -> str:
    """Make what is not there, or replace the version that is named. Raises VersionRequired."""
    if old is None and if_match is not None:
        raise VersionMismatch("Nothing is there yet, so there is no version to match.")
    if old is not None and if_match is None:
        raise VersionRequired("It exists; send If-Match with the version you read.")
    if old is not None:
        check_version(old.etag, if_match or "")
    operation = Replace(body, old.etag) if old else Create(body)
    try:
        [etag] = await context.documents.commit("settings", place, [operation])
    except AlreadyExists:
        raise VersionRequired("Somebody made it just now; read it first.") from None
    context.configuration.forget(context.legal_entity)
    return etag
