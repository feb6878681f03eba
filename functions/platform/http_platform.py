"""The app itself over HTTP: health, description, and the browser for it."""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Literal

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from functions._http.answers import refuse
from functions._http.description.openapi import describe
from functions._http.problems import NoSuchResource
from functions._http.trigger import Call, NoQuery, Operation, Reply, serve
from shared.consent.building import companies_building
from shared.core.errors import NotFound, Unavailable

bp = func.Blueprint()

ASSETS = {
    "browser.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
FOR_A_DAY = {"Cache-Control": "public, max-age=86400"}
# Swagger UI styles its elements one by one, and draws icons that are in its style sheet.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Libro API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><div id="ui"></div><script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/browser.js"></script></body></html>"""
# The token that is typed in is forgotten with the page: it would lie in the browser's storage.
BROWSER = b"""SwaggerUIBundle({
  url: "openapi.json", dom_id: "#ui", deepLinking: true, docExpansion: "none",
  persistAuthorization: false, displayRequestDuration: true, validatorUrl: null,
  tryItOutEnabled: true
});
"""


class Health(BaseModel):
    """The app answers."""

    model_config = ConfigDict(defer_build=True)

    status: Literal["ok"] = Field("ok", description="Always ok: a problem is answered otherwise")


class Readiness(Health):
    """The app can serve requests."""

    points: Literal["ready", "building"] = Field(
        description="Whether it is known of every customer of an older version who has which "
        "contact point; until then checks of consent answer `pending` and not `unknown`"
    )


class AssetNotFound(NotFound):
    code = "asset-not-found"


class NotReady(Unavailable):
    """A dependency does not answer; `down` lists which."""

    code = "not-ready"


@serve(bp, Operation("GET", "health/live", returns=Health, absolute=True, tag="Platform"))
async def check_liveness(call: Call[NoQuery, None]) -> Reply:  # noqa: ARG001  # asks for nothing
    """Check that the process answers.

    Nothing else is used for the answer.
    """
    return Reply(Health())


@serve(
    bp,
    Operation("GET", "health/ready", returns=Readiness, absolute=True, tag="Platform",
              refuses=(NotReady,)),
)  # fmt: skip
async def check_readiness(call: Call[NoQuery, None]) -> Reply:
    """Check that the app can serve requests.

    The answer is 503 where the store does not answer; `down` lists what is unavailable.
    """
    try:
        await call.backend.documents.read("settings", ("health", "health"), "health")
        building = await companies_building(call.backend.documents)
    except Unavailable as exc:
        raise NotReady("The store does not answer.", down=["store"]) from exc
    return Reply(Readiness(points="building" if building else "ready"))


@serve(
    bp,
    Operation("GET", "openapi.json", returns=dict, absolute=True, tag="Platform"),
)
async def describe_api(call: Call[NoQuery, None]) -> Reply:  # noqa: ARG001  # asks for nothing
    """Get the OpenAPI 3.1 description of every operation.

    Clients can be generated from it.
    """
    return Reply(_description())


@serve(
    bp,
    Operation("GET", "docs", absolute=True, answer_type="text/html", returns=str, tag="Platform"),
)
async def browse_api(call: Call[NoQuery, None]) -> Reply:  # noqa: ARG001  # asks for nothing
    """Get the API browser.

    A page for people; it loads nothing from other hosts.
    """
    return Reply(PAGE, headers={"Content-Security-Policy": POLICY})


@serve(
    bp,
    Operation("GET", "docs/{file}", absolute=True, answer_type="text/css", returns=str,
              tag="Platform", refuses=(AssetNotFound, NoSuchResource)),
)  # fmt: skip
async def get_docs_asset(call: Call[NoQuery, None]) -> Reply:
    """Get a file of the API browser.

    Its script or its style sheet.
    """
    name = call.path["file"]
    if name not in ASSETS:
        raise AssetNotFound(f"There is no {name}.")
    return Reply(_asset(name), media_type=ASSETS[name], headers=dict(FOR_A_DAY))


@cache
def _description() -> bytes:
    return to_json(describe())


@cache
def _asset(name: str) -> bytes:
    """Read a file of Swagger UI from the package that carries it, without importing that."""
    if name == "browser.js":
        return BROWSER
    spec = importlib.util.find_spec("swagger_ui_bundle")
    folders = (spec.submodule_search_locations if spec else None) or ()
    paths = [path for folder in folders for path in Path(folder).glob(f"vendor/*/{name}")]
    if not paths:
        raise AssetNotFound("The API browser is not installed.")
    return paths[0].read_bytes()


# Routes are tried in the order of function names, so this one sees only what no other takes.
@bp.function_name("zz_refuse_unknown_path")
@bp.route(
    "{*path}",
    methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
async def zz_refuse_unknown_path(req: func.HttpRequest) -> func.HttpResponse:
    """Refuse a path or a method that no operation has."""
    return refuse(NoSuchResource("No operation has this method and path."), req)
