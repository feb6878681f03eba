"""Everything configurable over HTTP: one shape of operation for every collection."""

import functools
import operator
from typing import Any

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, RootModel

from functions._http.caller import RoleNotAllowed
from functions._http.operation import ROLES
from functions._http.parsing import parse
from functions._http.trigger import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from shared.configuration import settings as usecases
from shared.configuration.domain.collections import (
    COLLECTIONS,
    Collection,
    CollectionNotFound,
    SettingNotFound,
    StillInUse,
    WorkerKept,
    collection,
)
from shared.configuration.domain.number_sequences import NumberSequenceUsed
from shared.configuration.permissions import EMPLOYEE
from shared.core.values import Setting

bp = func.Blueprint()

READERS, OWNERS = "EAH", "H"
SETTING_PATH = "settings/{collection}/{key}"
NOT_FOUND = (CollectionNotFound, SettingNotFound)

AnySetting = functools.reduce(operator.or_, (item.model for item in COLLECTIONS.values()))


class SettingBody(RootModel[dict[str, Any]]):
    """A setting in the shape of its collection."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"$ref": f"#/components/schemas/{item.model.__name__}"}
                      for item in COLLECTIONS.values()],
        },
        defer_build=True,
    )  # fmt: skip


class SettingView(RootModel[Any]):
    """A setting, in the shape of its collection."""

    model_config = ConfigDict(defer_build=True)
    root: AnySetting  # type: ignore[valid-type]  # made of the collections


class SettingItem(BaseModel):
    """A setting of a collection, with its key and version."""

    model_config = ConfigDict(defer_build=True)

    key: str = Field(description="Key of the setting within its collection", examples=["HOUSTON"])
    etag: str = Field(description="Version of the setting, for If-Match", examples=["7d1e"])
    setting: SettingView = Field(description="The setting itself")


@serve(
    bp,
    Operation(
        "GET",
        "settings/{collection}",
        who=READERS,
        open_to_associates=True,
        returns=PageOf[SettingItem],
        tag="Configuration",
        refuses=(CollectionNotFound,),
    ),
)
async def list_settings(call: Call[PageQuery, None]) -> Reply:
    """List the settings of a collection.

    In the order of their keys. Employees see those that a till needs.
    """
    settings = _readable(call)
    page = await usecases.list_settings(
        settings,
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    items = [
        {
            "key": settings.key_of(setting.value),
            "etag": setting.etag,
            "setting": _json(setting.value),
        }
        for setting in page.settings
    ]
    return Reply(call.page(items, page.continuation))


@serve(
    bp,
    Operation(
        "GET",
        SETTING_PATH,
        who=READERS,
        open_to_associates=True,
        returns=SettingView,
        tag="Configuration",
        refuses=NOT_FOUND,
    ),
)
async def get_setting(call: Call[NoQuery, None]) -> Reply:
    """Get a setting.

    Its version is in ETag.
    """
    setting = await usecases.read_setting(_readable(call), call.path["key"], context=call.context)
    return Reply(_json(setting.value), etag=setting.etag)


@serve(
    bp,
    Operation(
        "PUT",
        SETTING_PATH,
        who=OWNERS,
        returns=SettingView,
        also=(201,),
        if_match="allowed",
        tag="Configuration",
        refuses=(CollectionNotFound, StillInUse, NumberSequenceUsed),
    ),
)
async def put_setting(call: Call[NoQuery, SettingBody]) -> Reply:
    """Create or replace a setting.

    Without If-Match it is created (201); with If-Match that version is replaced (200).
    """
    settings, key = collection(call.path["collection"]), call.path["key"]
    setting = parse(settings.model, call.body.root)
    saved = await usecases.put_setting(
        settings, key, setting, if_match=call.if_match, context=call.context
    )
    return Reply(
        _json(saved.stored.value),
        status=201 if saved.is_new else 200,
        etag=saved.stored.etag,
        location=call.url("settings", settings.name, key) if saved.is_new else None,
    )


@serve(
    bp,
    Operation(
        "DELETE",
        SETTING_PATH,
        who=OWNERS,
        status=204,
        if_match="required",
        tag="Configuration",
        refuses=(*NOT_FOUND, StillInUse, NumberSequenceUsed, WorkerKept),
    ),
)
async def remove_setting(call: Call[NoQuery, None]) -> Reply:
    """Delete a setting.

    A setting that others name cannot be deleted.
    """
    await usecases.remove_setting(
        collection(call.path["collection"]),
        call.path["key"],
        if_match=call.version,
        context=call.context,
    )
    return Reply()


def _readable(call: Call[Any, None]) -> Collection[Any]:
    """Return the collection of the path. Raises CollectionNotFound, RoleNotAllowed."""
    found = collection(call.path["collection"])
    if call.caller.role == EMPLOYEE and not found.for_tills:
        raise RoleNotAllowed(
            f"No till needs the collection {found.name}.",
            requiredRoles=[ROLES[letter] for letter in READERS if letter != "E"],
        )
    return found


def _json(setting: Setting) -> dict[str, Any]:
    return setting.model_dump(mode="json", by_alias=True)
