"""Legal entities and their feature switches over HTTP."""

import azure.functions as func
from pydantic import Field

from functions._http.trigger import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from shared.configuration import companies
from shared.configuration import features as usecases
from shared.configuration.domain.companies import Company, CompanyFields
from shared.configuration.domain.features import (
    Feature,
    FeatureDependency,
    FeatureNotFound,
    Switch,
)

bp = func.Blueprint()


class ListedFeature(Feature):
    """A feature switch of the list, with its version."""

    etag: str = Field(description="Version of the switches, for If-Match", examples=["7d1e"])


@serve(bp, Operation("GET", "", who="H", returns=Company, tag="Companies"))
async def get_company(call: Call[NoQuery, None]) -> Reply:
    """Get the company.

    Its name, currency and language.
    """
    company = await companies.read_company(context=call.context)
    return Reply(company.value, etag=company.etag)


@serve(
    bp,
    Operation("PUT", "", who="H", returns=Company, also=(201,), if_match="allowed",
              tag="Companies"),
)  # fmt: skip
async def put_company(call: Call[NoQuery, CompanyFields]) -> Reply:
    """Create or update the company.

    A new company gets number sequences, address purposes, titles and parameters to begin with.
    """
    saved = await companies.put_company(call.body, if_match=call.if_match, context=call.context)
    return Reply(
        saved.stored.value,
        status=201 if saved.is_new else 200,
        etag=saved.stored.etag,
        location=call.url(),
    )


@serve(
    bp,
    Operation(
        "GET",
        "features",
        who="EAH",
        open_to_associates=True,
        returns=PageOf[ListedFeature],
        tag="Configuration",
    ),
)
async def list_features(call: Call[PageQuery, None]) -> Reply:
    """List the feature switches.

    With the features that each of them needs.
    """
    features = await usecases.list_features(context=call.context)
    items = [
        feature.model_dump(mode="json", by_alias=True) | {"etag": features.etag}
        for feature in features.value
    ]
    return Reply(call.slice(items))


@serve(
    bp,
    Operation(
        "GET",
        "features/{name}",
        who="EAH",
        open_to_associates=True,
        returns=Feature,
        tag="Configuration",
        refuses=(FeatureNotFound,),
    ),
)
async def get_feature(call: Call[NoQuery, None]) -> Reply:
    """Get a feature switch.

    With the features that it needs.
    """
    feature = await usecases.read_feature(call.path["name"], context=call.context)
    return Reply(feature.value, etag=feature.etag)


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
    """Switch a feature on or off.

    A feature can be on only while all features that it needs are on.
    """
    feature = await usecases.switch_feature(
        call.path["name"],
        enabled=call.body.enabled,
        if_match=call.version,
        context=call.context,
    )
    return Reply(feature.value, etag=feature.etag)
