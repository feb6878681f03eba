"""Everything configurable over HTTP: one shape of operation for every collection."""

import functools
import operator
from typing import Any

import azure.functions as func
from pydantic import BaseModel, ConfigDict, RootModel

from functions._http import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from functions._http.merging import parse
from shared.configuration import settings as usecases
from shared.configuration.domain.collections import (
    COLLECTIONS,
    CollectionNotFound,
    SettingNotFound,
    StillInUse,
    WorkerKept,
    collection,
)
from shared.configuration.domain.number_sequences import NumberSequenceUsed

bp = func.Blueprint()

READERS, OWNERS = "EAH", "H"
ONE = "settings/{collection}/{key}"
NOT_FOUND = (CollectionNotFound, SettingNotFound)

AnySetting = functools.reduce(operator.or_, (one.model for one in COLLECTIONS.values()))


class SettingBody(RootModel[dict[str, Any]]):
    """A setting in the shape of its collection."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"$ref": f"#/components/schemas/{one.model.__name__}"}
                      for one in COLLECTIONS.values()],
        },
        defer_build=True,
    )  # fmt: skip


class SettingView(RootModel[Any]):
    """A setting, in the shape of its collection."""

    model_config = ConfigDict(defer_build=True)
    root: AnySetting  # type: ignore[valid-type]  # made of the collections


class SettingItem(BaseModel):
    model_config = ConfigDict(defer_build=True)
    key: str
    etag: str
    setting: SettingView


@serve(
    bp,
    Operation(
        "GET",
        "settings/{collection}",
        who=READERS,
        returns=PageOf[SettingItem],
        tag="Configuration",
        refuses=(CollectionNotFound,),
    ),
)
async def list_settings(call: Call[PageQuery, None]) -> Reply:
    """List the settings of a collection by their keys."""
    page = await usecases.list_settings(
        collection(call.path["collection"]),
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    items = [
        {"key": one.id, "etag": one.etag, "setting": one.body["setting"]} for one in page.documents
    ]
    return Reply(call.page(items, page.continuation))


@serve(
    bp,
    Operation("GET", ONE, who=READERS, returns=SettingView, tag="Configuration",
              refuses=NOT_FOUND),
)  # fmt: skip
async def get_setting(call: Call[NoQuery, None]) -> Reply:
    """Read one setting."""
    document = await usecases.read_setting(
        collection(call.path["collection"]), call.path["key"], context=call.context
    )
    return Reply(document.body["setting"], etag=document.etag)


@serve(
    bp,
    Operation(
        "PUT",
        ONE,
        who=OWNERS,
        returns=SettingView,
        also=(201,),
        if_match="allowed",
        tag="Configuration",
        refuses=(CollectionNotFound, StillInUse, NumberSequenceUsed),
    ),
)
async def put_setting(call: Call[NoQuery, SettingBody]) -> Reply:
    """Make a setting (201), or replace the version that If-Match names (200)."""
    where = collection(call.path["collection"])
    key = call.path["key"]
    setting = parse(where.model, call.body.root)
    document, made = await usecases.put_setting(
        where, key, setting, if_match=call.if_match, context=call.context
    )
    return Reply(
        document.body["setting"],
        status=201 if made else 200,
        etag=document.etag,
        location=call.url("settings", where.name, key) if made else None,
    )


@serve(
    bp,
    Operation("DELETE", ONE, who=OWNERS, status=204, if_match="required", tag="Configuration",
              refuses=(*NOT_FOUND, StillInUse, NumberSequenceUsed, WorkerKept)),
)  # fmt: skip
async def remove_setting(call: Call[NoQuery, None]) -> Reply:
    """Remove a setting that no other names."""
    await usecases.remove_setting(
        collection(call.path["collection"]),
        call.path["key"],
        if_match=call.version,
        context=call.context,
    )
    return Reply()
