"""The OpenAPI 3.1 description, made from the operations themselves."""

import re
from collections import defaultdict
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from functions._http.documented import refusals
from functions._http.operation import OPERATIONS, Operation
from functions._http.problems import PROBLEM_JSON, Problem, status_of
from shared.configuration.domain.collections import COLLECTIONS
from shared.configuration.domain.features import NEEDS
from shared.configuration.permissions import PosOperationNotAllowed
from shared.core.errors import Unauthenticated, Unavailable
from shared.platform.sessions import PATTERN as SESSION_PATTERN

Json = dict[str, Any]
REF = "#/components/schemas/{model}"
PARAMETERS = {
    "legalEntity": "Company code, such as USRT",
    "customerId": "Account number or GUID",
}
STRING: Json = {"type": "string"}
PATH_SCHEMAS: dict[str, Json] = {
    "collection": STRING | {"enum": list(COLLECTIONS)},
    "name": STRING | {"enum": list(NEEDS)},
}
TAGS = (
    "Customers", "Addresses", "Contacts", "Synchronization", "Imports", "Offline", "Configuration",
    "Companies", "Platform",
)  # fmt: skip
HEADERS: dict[str, Json] = {
    "X-Trace-Id": {"description": "Trace id of this answer", "schema": STRING},
    "X-Session": {"description": "Send it back to read your own writes", "schema": STRING},
    "ETag": {"description": "Version of the resource", "schema": STRING},
    "Location": {"description": "Address of what was made", "schema": STRING},
    "Retry-After": {"description": "Seconds to wait", "schema": STRING},
    "WWW-Authenticate": {"description": "How to authenticate", "schema": STRING},
    "Idempotency-Replayed": {"description": "true: the first answer again", "schema": STRING},
}


def describe() -> Json:
    operations = sorted(OPERATIONS.values(), key=lambda one: (one.route, one.method))
    schemas, definitions = _schemas(operations)
    paths: defaultdict[str, Json] = defaultdict(dict)
    for operation in operations:
        paths[f"/api/{operation.route}"][operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Libro",
            "version": "1",
            "description": "Customer management in stores and clienteling.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({one.tag for one in operations}, key=_rank)],
        "paths": dict(paths),
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _rank(tag: str) -> int:
    return TAGS.index(tag) if tag in TAGS else len(TAGS)


def _schemas(operations: list[Operation]) -> tuple[dict[tuple[str, str], Json], Json]:
    """Return the schema of each body and answer, and the definitions they refer to."""
    wanted: list[tuple[tuple[str, str], JsonSchemaMode, TypeAdapter[Any]]] = [
        (("", "problem"), "validation", TypeAdapter(Problem))
    ]
    for one in operations:
        if one.body_adapter:
            wanted.append(((one.name, "body"), "validation", one.body_adapter))
        if one.answer_adapter:
            wanted.append(((one.name, "answer"), "serialization", one.answer_adapter))
    found, shared = TypeAdapter.json_schemas(wanted, ref_template=REF)
    return {key: schema for (key, _), schema in found.items()}, shared.get("$defs", {})


def _operation(operation: Operation, schemas: dict[tuple[str, str], Json]) -> Json:
    first, _, rest = operation.summary.partition("\n")
    described: Json = {
        "operationId": operation.name,
        "summary": first.strip(),
        "tags": [operation.tag],
        "parameters": _parameters(operation),
        "responses": _responses(operation, schemas),
    }
    notes = " ".join(rest.split())
    if operation.who:
        described["security"] = [{"bearer": []}]
        notes = f"{notes}\n\nFor the roles {', '.join(operation.roles)}.".strip()
    if notes:
        described["description"] = notes
    if operation.body is not None:
        schema = schemas.get((operation.name, "body"), STRING)
        content = {media: {"schema": schema} for media in operation.media_types}
        described["requestBody"] = {"required": not operation.body_optional, "content": content}
    return described


def _parameters(operation: Operation) -> list[Json]:
    found = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PARAMETERS.get(name, f"The {name} of the resource"),
            "schema": PATH_SCHEMAS.get(name, STRING | {"minLength": 1}),
        }
        for name in re.findall(r"{(\w+)}", operation.route)
    ]
    schema = operation.query.model_json_schema()
    for name, spec in schema.get("properties", {}).items():
        own = {key: value for key, value in spec.items() if key not in {"title", "description"}}
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                "description": spec.get("description", ""),
                "schema": own,
            }
        )
    return found + _header_parameters(operation)


def _header_parameters(operation: Operation) -> list[Json]:
    found: list[tuple[str, bool, Json, str]] = []
    if operation.if_match != "ignored":
        needed = operation.if_match == "required"
        found.append(("If-Match", needed, STRING, "The ETag that was read, or * for any version"))
    if operation.idempotent:
        key = STRING | {"pattern": "^[!-~]{1,255}$"}
        found.append(("Idempotency-Key", False, key, "Makes it safe to send twice, for a day"))
    if operation.in_company:
        words = "The X-Session of your last write: see at least what it wrote"
        found.append(("X-Session", False, STRING | {"pattern": SESSION_PATTERN}, words))
    found += [(name, False, STRING, words) for name, words in operation.headers.items()]
    if operation.versioned:
        found.append(("If-None-Match", False, STRING, "Answer 304 if this is still the version"))
    return [
        {"name": name, "in": "header", "required": needed, "schema": schema, "description": words}
        for name, needed, schema, words in found
    ]


def _responses(operation: Operation, schemas: dict[tuple[str, str], Json]) -> Json:
    found: Json = {}
    for status in (operation.status, *operation.also):
        found[str(int(status))] = _answer(operation, status, schemas)
    if operation.versioned:
        found["304"] = {"description": "Not Modified", "headers": _headers("X-Trace-Id", "ETag")}
    codes: defaultdict[HTTPStatus, list[str]] = defaultdict(list)
    for refusal in refusals(operation):
        number = operation.pos_operation if refusal is PosOperationNotAllowed else None
        codes[status_of(refusal)].append(f"{refusal.code}-{number}" if number else refusal.code)
    for problem_status, those in sorted(codes.items()):
        found[str(int(problem_status))] = _problem(problem_status, those, schemas[("", "problem")])
    return found


def _answer(operation: Operation, status: int, schemas: dict[tuple[str, str], Json]) -> Json:
    headers = ["X-Trace-Id"]
    changes = operation.method != "GET" and operation.returns is not None
    headers += ["ETag"] if operation.versioned or changes else []
    headers += ["X-Session"] if operation.method != "GET" and operation.in_company else []
    headers += ["Location"] if status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED} else []
    headers += ["Idempotency-Replayed"] if operation.idempotent else []
    answer: Json = {"description": HTTPStatus(status).phrase, "headers": _headers(*headers)}
    if operation.returns is not None:
        plain = {"type": "object"} if operation.returns is dict else STRING
        schema = schemas.get((operation.name, "answer"), plain)
        answer["content"] = {operation.answer_type: {"schema": schema}}
    return answer


def _problem(status: HTTPStatus, codes: list[str], schema: Json) -> Json:
    headers = ["X-Trace-Id"]
    headers += ["Retry-After"] if status == status_of(Unavailable) else []
    headers += ["WWW-Authenticate"] if status == status_of(Unauthenticated) else []
    named = ", ".join(f"`{code}`" for code in dict.fromkeys(codes))
    return {
        "description": f"{status.phrase}: {named}",
        "headers": _headers(*headers),
        "content": {PROBLEM_JSON: {"schema": schema}},
    }


def _headers(*names: str) -> Json:
    return {name: HEADERS[name] for name in names}
