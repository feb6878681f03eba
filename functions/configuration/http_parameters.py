"""The parameters of a company over HTTP, with how the connection to Customer Insights is."""

from typing import Any

import azure.functions as func
from pydantic import ConfigDict, RootModel

from functions._http.description.schemas import Plain
from functions._http.operation import ROLES
from functions._http.parsing import merge, parse
from functions._http.trigger import JSON, MERGE_PATCH, Call, NoQuery, Operation, Reply, serve
from shared.configuration import settings as usecases
from shared.configuration.domain.collections import SettingNotFound
from shared.configuration.domain.companies import CustomerInsights, Parameters
from shared.configuration.views import ParametersView, parameters_view
from shared.core.versioned import Versioned

bp = func.Blueprint()


def _patched(schema: dict[str, Any]) -> None:
    """Describe what the patch may contain."""
    schema["properties"] = {
        **Parameters.model_json_schema(schema_generator=Plain)["properties"],
        "customerInsights": CustomerInsights.model_json_schema(schema_generator=Plain)
        | {"description": "Connection to Customer Insights"},
    }
    del schema["properties"]["customerInsights"]["title"]


class ParametersPatch(RootModel[dict[str, Any]]):
    """A JSON merge patch of the parameters."""

    model_config = ConfigDict(json_schema_extra=_patched, defer_build=True)


@serve(
    bp,
    Operation(
        "GET",
        "parameters",
        who="EAH",
        open_to_associates=True,
        returns=ParametersView,
        tag="Configuration",
        refuses=(SettingNotFound,),
    ),
)
async def get_parameters(call: Call[NoQuery, None]) -> Reply:
    """Get the parameters of the company.

    With the state of the connection to Customer Insights; how it signs in is seen by an
    Administrator alone.
    """
    return _reply(await usecases.read_parameters(context=call.context), call)


@serve(
    bp,
    Operation(
        "PATCH",
        "parameters",
        who="H",
        returns=ParametersView,
        if_match="required",
        media_types=(MERGE_PATCH, JSON),
        tag="Configuration",
        refuses=(SettingNotFound,),
    ),
)
async def edit_parameters(call: Call[NoQuery, ParametersPatch]) -> Reply:
    """Update the parameters of the company.

    The body is a JSON merge patch; null resets a parameter to its default. A connection to
    Customer Insights that is enabled is tested first: one that does not work is refused, with
    what is wrong with it, and stays as it was.
    """
    parameters = await usecases.edit_parameters(
        lambda stored: parse(Parameters, merge(stored, call.body.root)),
        if_match=call.version,
        context=call.context,
    )
    return _reply(parameters, call)


def _reply(parameters: Versioned[Parameters], call: Call[Any, Any]) -> Reply:
    is_head_office = call.caller.role == ROLES["H"]
    view = parameters_view(parameters.value, call.context, with_secrets=is_head_office)
    return Reply(view, etag=parameters.etag)
