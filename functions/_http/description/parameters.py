"""Parameters of an operation: in its path, its query and its headers."""

import re
from typing import Any

from functions._http.description.endpoints import Endpoint
from functions._http.description.schemas import Plain
from functions._http.operation import Operation
from shared.configuration.domain.features import NEEDS

Json = dict[str, Any]
STRING: Json = {"type": "string"}
FEATURES = "features/{name}"
HOLD = "holds/{name}"
PATH_PARAMETERS = {
    "activityId": ("Id of the activity", "6f1d2c3b4a59"),
    "addressId": ("Id of the address", "1"),
    "contactId": ("Id of the contact point", "1"),
    "customerId": ("Account number or GUID of the customer", "004021"),
    "dataClass": ("Class of data that the policy is about", "notes"),
    "file": ("Name of a file of the API browser", "swagger-ui.css"),
    "followUpId": ("Id of the follow-up", "6f1d2c3b4a59"),
    "changeId": ("Id of the change that was set aside", "9f2c61d04ab7e1f3"),
    "importId": ("Id of the import, a GUID", "3f0c7a52-8a4e-4d0b-9c53-0d6f5c1e9a10"),
    "legalEntity": ("Code of the company, in capital letters", "USRT"),
    "letterId": ("Id of the dead-lettered message", "12"),
    "name": ("Name of the measure", "LifetimeSpend"),
    "noteId": ("Id of the note", "6f1d2c3b4a59"),
    "operationId": ("Id of the offline operation", "3f0c7a52-8a4e-4d0b-9c53-0d6f5c1e9a10"),
    "personnelNumber": ("Personnel number of the associate whose book it is", "000160"),
    "kind": ("Kind of the contact point: email or phone", "email"),
    "planId": ("Id of the plan, a GUID", "3f0c7a52-8a4e-4d0b-9c53-0d6f5c1e9a10"),
    "pointName": ("~ and the hash that names the contact point", "~1abcdefghijklmnopqrstuvwxyz"),
    "number": ("Number of the distribution job", "1010"),
    "runId": ("Id of the run, as the answer that started it says", "1010-20310504T120000Z"),
    "sequence": ("Number of the entry in the ledger of the customer", "1"),
    "sessionId": ("Id of the session, a GUID", "3f0c7a52-8a4e-4d0b-9c53-0d6f5c1e9a10"),
    "storeNumber": ("Number of the store or online channel", "HOUSTON"),
}
IF_MATCH = "The ETag of the version that was read, or * for any version"
IF_NONE_MATCH = "Answer 304 if this is still the version"
IDEMPOTENCY_KEY = "Key that makes the request safe to repeat for a day: the first answer is kept"
SESSION = (
    "The X-Session of your last write: the answer reflects at least that write. What was not "
    "answered to this caller is ignored"
)


def parameters(endpoint: Endpoint) -> list[Json]:
    return [
        *_path_parameters(endpoint),
        *_query_parameters(endpoint.operation),
        *_header_parameters(endpoint.operation),
    ]


def _path_parameters(endpoint: Endpoint) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _path_description(name, endpoint),
            "schema": _path_schema(name, endpoint),
        }
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]


def _path_description(name: str, endpoint: Endpoint) -> str:
    if endpoint.path.endswith(HOLD):
        return "Name of the hold"
    if name == "key":
        return f"Key of the {endpoint.singular}"
    if endpoint.path.endswith(FEATURES):
        return PATH_PARAMETERS.get(name, ("",))[0].replace("measure", "feature")
    return PATH_PARAMETERS.get(name, ("",))[0]


def _path_schema(name: str, endpoint: Endpoint) -> Json:
    if name == "name" and endpoint.path.endswith(FEATURES):
        return STRING | {"enum": list(NEEDS)}
    if name == "sequence":
        return {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
    return STRING | {"minLength": 1}


def _query_parameters(operation: Operation) -> list[Json]:
    schema = operation.query.model_json_schema(schema_generator=Plain)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": field.get("description", ""),
            "schema": {key: value for key, value in field.items() if key != "description"},
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _header_parameters(operation: Operation) -> list[Json]:
    headers: list[tuple[str, bool, Json, str]] = []
    if operation.if_match != "ignored":
        headers.append(("If-Match", operation.if_match == "required", STRING, IF_MATCH))
    if operation.idempotent:
        key = STRING | {"pattern": "^[!-~]{1,255}$"}
        headers.append(("Idempotency-Key", False, key, IDEMPOTENCY_KEY))
    if operation.in_company:
        headers.append(("X-Session", False, STRING, SESSION))
    headers += [(name, False, STRING, text) for name, text in operation.headers.items()]
    if operation.versioned:
        headers.append(("If-None-Match", False, STRING, IF_NONE_MATCH))
    return [
        {"name": name, "in": "header", "required": required, "schema": schema, "description": text}
        for name, required, schema, text in headers
    ]
