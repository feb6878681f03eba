"""Legal entities and their feature switches over HTTP."""

from typing import Any

import azure.functions as func
from pydantic import TypeAdapter, ValidationError

from functions._http import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from shared.configuration import companies as usecases
from shared.configuration.domain.companies import Company, CompanyFields
from shared.configuration.domain.features import (
    Feature,
    FeatureDependency,
    FeatureNotFound,
    Switch,
    features,
)
from shared.core.errors import Invalid
from shared.core.values import CompanyCode

bp = func.Blueprint()

CODE: TypeAdapter[str] = TypeAdapter(CompanyCode)


class ListedFeature(Feature):
    etag: str


@serve(bp, Operation("GET", "", who="H", returns=Company, tag="Companies"))
async def get_company(call: Call[NoQuery, None]) -> Reply:
    """Read the legal entity."""
    company, etag = await usecases.read_company(context=call.context)
    return Reply(company, etag=etag)


@serve(
    bp,
    Operation("PUT", "", who="H", returns=Company, also=(201,), if_match="allowed",
              tag="Companies"),
)  # fmt: skip
async def put_company(call: Call[NoQuery, CompanyFields]) -> Reply:
    """Make a legal entity with its number sequences and empty parameters, or change it."""
    _check_code(call.legal_entity)
    company, etag, made = await usecases.put_company(
        call.body, if_match=call.if_match, context=call.context
    )
    return Reply(company, status=201 if made else 200, etag=etag, location=call.url())


@serve(
    bp, Operation("GET", "features", who="EAH", returns=PageOf[ListedFeature], tag="Configuration")
)
async def list_features(call: Call[PageQuery, None]) -> Reply:
    """List the feature switches, and what each needs."""
    enabled, etag = await usecases.read_features(context=call.context)
    items: list[Any] = [
        one.model_dump(mode="json", by_alias=True) | {"etag": etag}
        for one in features(enabled).values()
    ]
    return Reply(call.slice(items))


@serve(
    bp,
    Operation("GET", "features/{name}", who="EAH", returns=Feature, tag="Configuration",
              refuses=(FeatureNotFound,)),
)  # fmt: skip
async def get_feature(call: Call[NoQuery, None]) -> Reply:
    """Read one feature switch."""
    enabled, etag = await usecases.read_features(context=call.context)
    return Reply(_feature(enabled, call.path["name"]), etag=etag)


@serve(
    bp,
    Operation(
        "PUT",
        "features/{name}",
        who="H",
        returns=Feature,
        if_match="required",
        tag="Configuration",
        refuses=(FeatureNotFound, FeatureDependency),
    ),
)
async def switch_feature(call: Call[NoQuery, Switch]) -> Reply:
    """Switch a feature on or off, if what it needs, or what needs it, allows."""
    enabled, etag = await usecases.switch_feature(
        call.path["name"], call.body.enabled, if_match=call.version, context=call.context
    )
    return Reply(_feature(enabled, call.path["name"]), etag=etag)


def _feature(enabled: dict[str, bool], name: str) -> Feature:
    known = features(enabled)
    if name not in known:
        raise FeatureNotFound(f"There is no feature {name}.")
    return known[name]


def _check_code(code: str) -> None:
    try:
        CODE.validate_python(code)
    except ValidationError:
        raise Invalid.at(
            "", "bad-company-code", "A company code is 2 to 10 capital letters or digits."
        ) from None
