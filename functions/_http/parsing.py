"""Parsing a raw request into typed values, or refusing it with what exactly is wrong."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import azure.functions as func
from pydantic import BaseModel, TypeAdapter, ValidationError

from functions._http.operation import Operation
from functions._http.problems import (
    BadHeader,
    BadQuery,
    BodyTooLarge,
    MalformedJson,
    NoSuchResource,
    UnsupportedContentEncoding,
    UnsupportedMediaType,
)
from shared.core.errors import Flaw, Invalid, VersionRequired
from shared.core.flaws import flaws_of
from shared.core.sent.reading import RepeatedKey, check_keys, model_of

_UNUSABLE = re.compile(r"[/\\?#\x00-\x1f\x7f]|.{201}|^\.{1,2}$")  # and what is too long, or a step

MALFORMED = "Numbers are digits, flags true or false, dates and times as in RFC 3339."
FUNCTION_KEY = frozenset({"code", "clientid"})  # the platform's own parameters


def read_path(req: func.HttpRequest) -> Mapping[str, str]:
    """Return the values of the route. Raises NoSuchResource for an impossible name."""
    for value in req.route_params.values():
        if _UNUSABLE.search(value):
            raise NoSuchResource("There is nothing at this address.")
    return dict(req.route_params)


def read_query(operation: Operation, req: func.HttpRequest) -> Any:
    """Return the query model, from the URL: the host joins repetitions and drops blanks.

    Raises BadQuery.
    """
    raw, lists = _pairs(req.url.partition("?")[2], operation.repeatable)
    if odd := [name for name, text in raw.items() if not _is_plain(operation, name, text)]:
        raise BadQuery([Flaw(f"/{name}", "malformed", MALFORMED) for name in odd])
    try:
        if lists:
            whole = {**raw, **lists}
            return operation.query_adapter.validate_python(whole, by_alias=True, by_name=False)
        return operation.query_adapter.validate_strings(raw, by_alias=True, by_name=False)
    except ValidationError as exc:
        raise BadQuery(flaws_of(exc)) from None


def _is_plain(operation: Operation, name: str, text: str) -> bool:
    """Return whether a number, a flag or a date is written as JSON and RFC 3339 write it."""
    form = operation.forms.get(name)
    return form is None or form.fullmatch(text) is not None


def _pairs(text: str, repeatable: tuple[str, ...]) -> tuple[dict[str, str], dict[str, list[str]]]:
    raw: dict[str, str] = {}
    lists: dict[str, list[str]] = {name: [] for name in repeatable}
    for name, value in parse_qsl(text, keep_blank_values=True) if text else ():
        if name in lists:
            lists[name].append(value)
        elif name in raw:
            raise BadQuery([Flaw(f"/{name}", "repeated", "The parameter is repeated.")])
        elif name.lower() not in FUNCTION_KEY:
            raw[name] = value
    return raw, lists


def read_body(operation: Operation, req: func.HttpRequest) -> Any:
    """Return the body as its model. Raises 413, 415, MalformedJson, Invalid."""
    if operation.body is None:
        return None
    body = req.get_body()
    if not body and operation.body_optional:
        return None
    check_encoding(req.headers)
    if len(body) > operation.largest_body:
        raise BodyTooLarge(f"The body exceeds {operation.largest_body} bytes.")
    content_type = req.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in operation.media_types:
        raise UnsupportedMediaType(f"Send {' or '.join(operation.media_types)}.")
    if operation.body_adapter is None:
        return body
    return _read_json(operation.body_adapter, body)


def check_encoding(headers: Mapping[str, str]) -> None:
    """Raise UnsupportedContentEncoding for a body that is not as it is: nothing inflates it."""
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedContentEncoding("Send the body as it is, without a Content-Encoding.")


def _read_json(adapter: TypeAdapter[Any], body: bytes) -> Any:
    if not body:
        raise MalformedJson("The body is empty; send JSON, with its Content-Length.")
    try:
        value = adapter.validate_json(body, by_alias=True, by_name=False)
    except ValidationError as exc:
        if exc.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
            raise MalformedJson(exc.errors(include_url=False)[0]["msg"]) from None
        _check_keys(body)
        raise Invalid(flaws_of(exc)) from None
    _check_keys(body)
    return value


def _check_keys(body: bytes) -> None:
    try:
        check_keys(body)
    except RepeatedKey as exc:
        raise MalformedJson(str(exc)) from None


def read_if_match(operation: Operation, headers: Mapping[str, str]) -> str | None:
    """Return the version named by If-Match, without its quotes. Raises VersionRequired."""
    header = headers.get("if-match")
    if operation.if_match == "ignored" or (header is None and operation.if_match == "allowed"):
        return None
    if header is None:
        raise VersionRequired("Send If-Match with the ETag you read, or * for any version.")
    version = header.strip()
    if "," in version:
        raise BadHeader("If-Match takes one ETag, or *.")
    # A weak ETag matches nothing, and neither does "*" in quotes, which is no wildcard.
    return version if version.startswith("W/") or version == '"*"' else version.strip('"')


def read_idempotency_key(headers: Mapping[str, str]) -> str | None:
    key = headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= 255 and all("!" <= c <= "~" for c in key)):  # noqa: PLR2004  # the contract's own limit
        raise BadHeader("Idempotency-Key is 1 to 255 visible ASCII characters.")
    return key


def prefers(headers: Mapping[str, str], preference: str) -> bool:
    """Return whether Prefer (RFC 7240) has it; unknown preferences are ignored."""
    preferences = headers.get("prefer", "").split(",")
    return preference in {name.partition(";")[0].strip().lower() for name in preferences}


def merge(target: Any, patch: Any) -> Any:
    """Return the target with the patch applied: null removes, objects merge, the rest replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def parse(model: type[BaseModel], body: dict[str, Any]) -> Any:
    """Return the body as the model. Raises Invalid."""
    return model_of(model, body)
