"""Listing, reading, writing and removing the settings and parameters of a company."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.configuration import documents
from shared.configuration.documents import SettingPage
from shared.configuration.domain import collections as col
from shared.configuration.domain.companies import Parameters
from shared.configuration.domain.number_sequences import NumberSequence, NumberSequenceUsed
from shared.configuration.setting_checks import check_change, check_setting, used_by
from shared.configuration.uses.removing import check_unused
from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid, VersionMismatch, VersionRequired
from shared.core.retry import check_version, write
from shared.core.values import Setting
from shared.core.versioned import Versioned

T = TypeVar("T", bound=Setting)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Saved(Generic[V]):
    """What was written, with its new version, and whether it was created by that."""

    stored: Versioned[V]
    is_new: bool


async def list_settings(
    collection: col.Collection[T], *, limit: int, continuation: str | None, context: Context
) -> SettingPage[T]:
    """Return the settings of a collection by their keys. One query."""
    return await documents.query_settings(
        context.documents,
        context.legal_entity,
        collection,
        limit=limit,
        continuation=continuation,
    )


async def all_settings(collection: col.Collection[T], *, context: Context) -> list[T]:
    """Return every setting of a collection. One query for each 500."""
    settings = documents.all_settings(context.documents, context.legal_entity, collection)
    return [setting async for setting in settings]


async def create_settings(
    collection: col.Collection[T], settings: Sequence[T], *, context: Context
) -> None:
    """Create all of the settings or none. Raises AlreadyExists."""
    await documents.create_settings(context.documents, context.legal_entity, collection, settings)


async def read_setting(
    collection: col.Collection[T], key: str, *, context: Context
) -> Versioned[T]:
    """Return the setting. Raises SettingNotFound."""
    setting = await documents.find_setting(context.documents, context.legal_entity, collection, key)
    if setting is None:
        raise col.SettingNotFound(f"There is no {key} among the {collection.name}.")
    return setting


async def put_setting(
    collection: col.Collection[T],
    key: str,
    setting: T,
    *,
    if_match: str | None,
    context: Context,
) -> Saved[T]:
    """Create or replace a setting.

    Raises Invalid, StillInUse, NumberSequenceUsed, VersionRequired, Stale.
    """
    if collection.key_of(setting) != key:
        raise Invalid.at("", "key-mismatch", "The key in the path differs from the body.")
    await check_setting(collection, setting, context)

    async def attempt() -> Saved[T]:
        existing = await documents.find_setting(
            context.documents, context.legal_entity, collection, key
        )
        if existing:
            await check_change(collection, existing.value, setting, context)

        async def write_version(etag: str | None) -> Versioned[T]:
            return await documents.write_setting(
                context.documents, context.legal_entity, collection, setting, etag
            )

        return await save(write_version, existing, if_match, context)

    return await write(
        attempt, if_match=if_match, turn=context.turn("setting", collection.name, key)
    )


async def remove_setting(
    collection: col.Collection[Any], key: str, *, if_match: str, context: Context
) -> None:
    """Remove a setting that nothing names.

    Raises SettingNotFound, StillInUse, NumberSequenceUsed, WorkerKept, Stale.
    """

    async def attempt() -> None:
        await _remove(collection, key, if_match, context)

    await write(attempt, if_match=if_match, turn=context.turn("setting", collection.name, key))


async def _remove(
    collection: col.Collection[Any], key: str, if_match: str, context: Context
) -> None:
    setting = await read_setting(collection, key, context=context)
    check_version(setting.etag, if_match)
    if isinstance(setting.value, NumberSequence) and setting.value.next > 1:
        raise NumberSequenceUsed(f"Numbers of {key} were issued already.")
    if collection is col.WORKERS:
        raise col.WorkerKept("Records name the worker; set active to false instead.")
    if await collection.is_used(key, context):
        raise col.StillInUse(f"{key} is in use; set active to false instead.", usedBy=[])
    users = await used_by(collection.name, key, context=context)
    if users:
        raise col.StillInUse(f"{key} is named by {', '.join(users)}.", usedBy=users)
    if collection.still_names:
        await check_unused(collection, key, context)
    await documents.remove_setting(context.documents, context.legal_entity, collection, setting)
    context.configuration.forget(context.legal_entity)


async def read_parameters(*, context: Context) -> Versioned[Parameters]:
    """Return the parameters of the company. Raises SettingNotFound."""
    parameters = await documents.find_parameters(context.documents, context.legal_entity)
    if parameters is None:
        raise col.SettingNotFound("The company has no parameters.")
    return parameters


async def edit_parameters(
    change: Callable[[dict[str, Any]], Parameters], *, if_match: str, context: Context
) -> Versioned[Parameters]:
    """Replace the parameters by what `change` returns for them, as JSON. Raises Invalid, Stale.

    A changed connection to Customer Insights names a secret of its company, and one that is
    enabled must work, or nothing is stored.
    """

    async def attempt() -> Versioned[Parameters]:
        existing = await read_parameters(context=context)
        parameters = change(existing.value.model_dump(mode="json", by_alias=True))
        check_version(existing.etag, if_match)
        names = col.names_of_parameters(parameters)
        if flaws := await context.configuration.unknown(context.legal_entity, names):
            raise Invalid(flaws)
        await _check_insights(existing.value, parameters, context)
        names += col.measures_of_parameters(parameters)
        written = await documents.write_parameters(
            context.documents, context.legal_entity, parameters, names, existing.etag
        )
        context.configuration.forget(context.legal_entity)
        return written

    return await write(attempt, if_match=if_match, turn=context.turn("parameters"))


async def _check_insights(before: Parameters, after: Parameters, context: Context) -> None:
    connection = after.customer_insights
    if connection == before.customer_insights:
        return
    context.measures.check_secret(context.legal_entity, connection)
    if connection.enabled:
        await context.measures.check(context.legal_entity, connection)


async def save(
    write_version: Callable[[str | None], Awaitable[Versioned[V]]],
    existing: Versioned[V] | None,
    if_match: str | None,
    context: Context,
) -> Saved[V]:
    """Create what does not exist, or replace the version that is named.

    Raises VersionRequired, VersionMismatch, Stale.
    """
    _check_precondition(existing, if_match)
    try:
        written = await write_version(existing.etag if existing else None)
    except AlreadyExists:
        raise VersionRequired("The resource was created concurrently; read it first.") from None
    context.configuration.forget(context.legal_entity)
    return Saved(written, is_new=existing is None)


def _check_precondition(existing: Versioned[Any] | None, if_match: str | None) -> None:
    if existing is None and if_match is not None:
        raise VersionMismatch("The resource does not exist, so there is no version to match.")
    if existing is not None and if_match is None:
        raise VersionRequired("The resource exists; send If-Match with the version you read.")
    if existing is not None:
        check_version(existing.etag, if_match or "")
