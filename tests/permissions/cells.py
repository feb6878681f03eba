"""The cells of the table of permissions: an operation, who calls it, and on whose data."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx

from functions._http.operation import OPERATIONS, Operation
from local.tokens import Bearer
from shared.configuration.domain.pos_operations import NAMES
from tests.api import COMPANY, Api, a_customer

GUARDED = sorted((one for one in OPERATIONS.values() if one.who), key=lambda one: one.name)
FOR_EMPLOYEES = [one for one in GUARDED if "E" in one.who]
ALL = sorted(NAMES)
NUMBER = "000777"  # of the worker whom the tests change
WORKER = Bearer("Employee", (COMPANY,), personnel_number=NUMBER, store_number="HOUSTON")
# Good enough to come as far as the check that a body must not come before.
BODIES: Mapping[str, Any] = {
    "create_customer": a_customer(),
    "start_import": b"{}",
    "upload_offline_operations": b"{}",
    "put_company": {"name": "x", "currency": "USD", "language": "en"},
    "put_channel_registration": {"subject": None},
    "switch_feature": {"enabled": True},
    "add_contact": {"kind": "email", "value": "a@x.org"},
    "add_address": {"purpose": "Home", "country": "US"},
    "record_consent": {
        "contactId": "0", "purpose": "Marketing", "decision": "OptedOut", "source": "Customer",
    },
    "decide_conflict": {"operationId": str(UUID(int=1)), "decision": "offline"},
    "update_download_session": {"status": "Requested"},
    "verify_channel": {"job": "1010", "number": 1, "tables": {}},
}  # fmt: skip


QUERIES: Mapping[str, str] = {
    "get_customer_defaults": "?store=HOUSTON",
    "start_import": "?store=HOUSTON",
    "get_verification": "?job=1010",
}


def path_of(operation: Operation, **named: str) -> str:
    values = {"legalEntity": COMPANY, "collection": "stores", "key": "HOUSTON",
              "storeNumber": "HOUSTON", "personnelNumber": NUMBER} | named  # fmt: skip
    path = re.sub(
        r"{(\w+)(:int)?}", lambda m: values.get(m[1], "1" if m[2] else "x"), operation.route
    )
    return f"/api/{path}{QUERIES.get(operation.name, '')}"


async def ask(
    api: Api, operation: Operation, bearer: Bearer, body: Any = None, **named: str
) -> httpx.Response:
    how = {"if_match": "*"} if operation.if_match == "required" else {}
    if operation.body is not None:
        how["content_type"] = operation.media_types[0]
        body = BODIES.get(operation.name, {}) if body is None else body
    return await api.call(operation.method, path_of(operation, **named), body, bearer=bearer, **how)


async def employ(api: Api, *operations: int, **but: Any) -> None:
    """Let the worker have these POS operations, in a group of the worker's own."""
    await put(api, "permission-groups", "Tried", {"name": "Tried", "operations": list(operations)})
    worker = {"personnelNumber": NUMBER, "name": "Tried", "permissionGroup": "Tried",
              "employeeAddressBooks": ["USRWE"]}  # fmt: skip
    await put(api, "workers", NUMBER, worker | but)


async def put(api: Api, collection: str, key: str, setting: dict[str, Any]) -> None:
    answer = await api.put_setting(collection, key, setting, if_match="*")
    if answer.status_code == 412:
        answer = await api.put_setting(collection, key, setting)
    assert answer.status_code in {200, 201}, answer.text


def code(answer: httpx.Response) -> str:
    """Return the code of a refusal at the door; of all else nothing."""
    return str(answer.json()["code"]) if answer.status_code == 403 else ""
