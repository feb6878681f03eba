"""Examples of schemas, composed of the examples of their fields: so one source stays true."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
REF_PREFIX = "#/components/schemas/"
FORMATS = {
    "date-time": "2026-03-01T09:30:00Z",
    "date": "2026-03-01",
    "uuid": "3f0c7a52-8a4e-4d0b-9c53-0d6f5c1e9a10",
}


def add_examples(definitions: Json) -> None:
    """Give every schema an example, unless it has one of its own."""
    for schema in definitions.values():
        if "enum" not in schema:
            schema.setdefault("examples", [example(schema, definitions)])


def example(schema: Json, definitions: Json) -> Any:
    """Return the schema's own example, or one composed of its parts."""
    for own in (schema.get("examples", ()), schema.get("enum", ())):
        if own:
            return own[0]
    for key in ("const", "default"):
        if schema.get(key) not in (None, [], {}):
            return schema[key]
    if "$ref" in schema:
        return example(definitions[schema["$ref"].removeprefix(REF_PREFIX)], definitions)
    return _composed(schema, definitions)


def _composed(schema: Json, definitions: Json) -> Any:
    for name, compose in COMPOSERS.items():
        if name in schema:
            return compose(schema, definitions)
    return TYPES.get(schema.get("type", ""), _scalar)(schema, definitions)


def _of_all(schema: Json, definitions: Json) -> Json:
    parts = [example(part, definitions) for part in schema["allOf"]]
    return {name: value for part in parts for name, value in part.items()}


def _of_any(schema: Json, definitions: Json) -> Any:
    """Return null where that is possible and the other options have no example of their own."""
    options = schema["anyOf"]
    nullable = {"type": "null"} in options
    telling = [option for option in options if not nullable or _tells(option)]
    return example(telling[0], definitions) if telling else None


def _tells(option: Json) -> bool:
    return any(name in option for name in ("examples", "$ref", "enum", "const", "format"))


def _object(schema: Json, definitions: Json) -> Json:
    required = schema.get("required", ())
    values = {
        name: example(field, definitions) for name, field in schema.get("properties", {}).items()
    }
    return {name: value for name, value in values.items() if name in required or value is not None}


def _array(schema: Json, definitions: Json) -> list[Any]:
    items = schema.get("items", {})
    return [example(items, definitions)] if _tells(items) or schema.get("minItems") else []


def _scalar(schema: Json, _: Json) -> Any:
    kind = schema.get("type")
    if kind == "string":
        return FORMATS.get(schema.get("format", ""), "text")
    if kind in {"integer", "number"}:
        return schema.get("minimum", 1)
    return {"boolean": False}.get(kind or "")


COMPOSERS: dict[str, Callable[[Json, Json], Any]] = {"allOf": _of_all, "anyOf": _of_any}
TYPES: dict[str, Callable[[Json, Json], Any]] = {"object": _object, "array": _array}
