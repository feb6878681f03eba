"""The OpenAPI 3.1 description, made from the operations themselves."""

from collections import defaultdict
from typing import Any

from functions._http.description.endpoints import Endpoint, endpoints
from functions._http.description.parameters import parameters
from functions._http.description.responses import responses
from functions._http.description.schemas import Schemas
from functions._http.operation import OPERATIONS

Json = dict[str, Any]
TAGS = {
    "Customers": "Create, find, read, edit, deactivate and restore customers",
    "Addresses": "Postal addresses of a customer: any number of them, one of them primary",
    "Contacts": "E-mails, phones and web addresses of a customer; of each kind one is primary",
    "Consent": "Decisions about contact points, their ledger, and whether to write to them",
    "Privacy": "Export, erasure with a certificate, holds and restrictions of a customer",
    "Imports": "Create many customers with one request, in the background",
    "Synchronization": "How customers that were created asynchronously get their account numbers",
    "Clienteling": "Client books, activities, notes, follow-ups and handovers of associates",
    "Distribution": "Jobs that send data to channels, what channels did offline, and conflicts",
    "Configuration": "Settings, parameters, features and measures of a company",
    "Companies": "Legal entities: the unit that customers, client books and settings belong to",
    "Platform": "The app itself: health, this description, and a browser for it",
}
DESCRIPTION = """\
Customer management in stores and clienteling.

Bodies are JSON with names in camelCase. Times are RFC 3339 in UTC, dates are YYYY-MM-DD. A field
that is not described is refused. Every refusal is a problem of RFC 9457 with a stable `code`. A
change names the version that was read with `If-Match`; a POST with an `Idempotency-Key` is safe to
repeat."""


def describe() -> Json:
    described = endpoints(OPERATIONS.values())
    schemas = Schemas(described)
    paths: defaultdict[str, Json] = defaultdict(dict)
    for endpoint in described:
        method = endpoint.operation.method.lower()
        paths[endpoint.path][method] = _operation(endpoint, schemas)
    used = {endpoint.tag for endpoint in described}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Libro", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": text} for tag, text in TAGS.items() if tag in used],
        "paths": dict(paths),
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token with a role and the legal entities of the caller",
                }
            },
        },
    }


def _operation(endpoint: Endpoint, schemas: Schemas) -> Json:
    operation = endpoint.operation
    described: Json = {
        "operationId": endpoint.operation_id,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": parameters(endpoint),
        "responses": responses(endpoint, schemas),
    }
    paragraphs = [endpoint.description] if endpoint.description else []
    if operation.who:
        described["security"] = [{"bearer": []}]
        paragraphs.append(f"For the roles {', '.join(operation.roles)}.")
    if paragraphs:
        described["description"] = "\n\n".join(paragraphs)
    if endpoint.body is not None:
        schema = schemas.body(endpoint) or {"type": "string"}
        described["requestBody"] = {
            "required": not operation.body_optional,
            "content": {media: {"schema": schema} for media in operation.media_types},
        }
    return described
