"""Schemas of bodies, answers and problems, named for the classes that clients make of them."""

from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue

from functions._http.description.endpoints import Endpoint
from functions._http.description.examples import REF_PREFIX, add_examples
from functions._http.description.refusing import (
    problem_code,
    problem_name,
    problem_schema,
    problems,
)
from functions._http.problems import Problem
from shared.core.values import AttributeValue

Json = dict[str, Any]
Key = tuple[str, str]
Wanted = list[tuple[Key, JsonSchemaMode, TypeAdapter[Any]]]
REF = REF_PREFIX + "{model}"
PROBLEM_CODE = "ProblemCode"
LONGER_NAMES = {  # of what Java and C# have a word for
    "Import": "CustomerImport",
    "Switch": "FeatureSwitch",
}
ATTRIBUTE_VALUE = "AttributeValue"
ATTRIBUTE_VALUES = "Value of an attribute, of its data type; a list where it takes several values"
PAGE = "A page of a list: its items, and the cursor of the next page"


class Plain(GenerateJsonSchema):
    """Schemas that generators of clients make plain classes of.

    Fields have no titles, for a class would be named after each; and no default of null, for in a
    merge patch null is not the same as a field that is left out.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # for no field
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        described = super().default_schema(schema)
        if described.get("default", "") is None:
            del described["default"]
        return described


class Schemas:
    """The components, and which of them is the body, answer or problem of an endpoint."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        endpoints = list(endpoints)
        found, shared = TypeAdapter.json_schemas(
            _wanted(endpoints), ref_template=REF, schema_generator=Plain
        )
        names = _names(shared.get("$defs", {}))
        definitions = {names[name]: schema for name, schema in shared.get("$defs", {}).items()}
        self._schemas = {key: _renamed(schema, names) for (key, _), schema in found.items()}
        self.components: Json = {
            name: _renamed(schema, names) for name, schema in definitions.items()
        }
        self._name_attribute_values()
        self._add_problems(endpoints)
        for name, schema in self.components.items():
            schema["title"] = name
            if name.endswith("Page"):
                schema["description"] = PAGE
        add_examples(self.components)
        self.components = dict(sorted(self.components.items()))

    def body(self, endpoint: Endpoint) -> Json | None:
        return self._schemas.get((endpoint.operation_id, "body"))

    def answer(self, endpoint: Endpoint) -> Json | None:
        return self._schemas.get((endpoint.operation_id, "answer"))

    def problem(self, endpoint: Endpoint, status: HTTPStatus) -> Json:
        codes = problems(endpoint)[status]
        return {"$ref": REF.format(model=problem_name(endpoint, status, codes))}

    def _name_attribute_values(self) -> None:
        """Refer to one union of all values, which generators else name after each field."""
        value = TypeAdapter(AttributeValue).json_schema(schema_generator=Plain)
        self.components = _replaced(
            self.components, value, {"$ref": REF.format(model=ATTRIBUTE_VALUE)}
        )
        self.components[ATTRIBUTE_VALUE] = value | {
            "description": ATTRIBUTE_VALUES, "examples": ["Shoes"]
        }  # fmt: skip

    def _add_problems(self, endpoints: list[Endpoint]) -> None:
        codes = {"$ref": REF.format(model=PROBLEM_CODE)}
        problem = self.components["Problem"]
        problem["properties"]["code"] |= codes
        problem["properties"]["code"].pop("type", None)
        self.components[PROBLEM_CODE] = problem_code(endpoints)
        for endpoint in endpoints:
            for status, those in problems(endpoint).items():
                name = problem_name(endpoint, status, those)
                schema = problem_schema(status, those)
                if self.components.setdefault(name, schema) != schema:
                    raise ValueError(f"two schemas are called {name}")


def is_model(returns: Any) -> bool:
    """Tell a model, or one of several, from a plain value."""
    kinds = get_args(returns) if isinstance(returns, UnionType) else (returns,)
    return all(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in kinds)


def _wanted(endpoints: list[Endpoint]) -> Wanted:
    wanted: Wanted = [(("", "problem"), "validation", TypeAdapter(Problem))]
    for endpoint in endpoints:
        if endpoint.body is not None and endpoint.body is not bytes:
            key = (endpoint.operation_id, "body")
            wanted.append((key, "validation", TypeAdapter(endpoint.body)))
        if is_model(endpoint.returns):
            key = (endpoint.operation_id, "answer")
            wanted.append((key, "serialization", TypeAdapter(endpoint.returns)))
    return wanted


def _names(definitions: Json) -> dict[str, str]:
    """Return the short name of each definition: that of its class, where no other has it."""
    titles = {name: schema.get("title", name) for name, schema in definitions.items()}
    short = {name: title.removesuffix("View") or title for name, title in titles.items()}
    times = Counter((*titles.values(), *short.values()))
    names = {}
    for name, title in titles.items():
        if short[name] != title and times[short[name]] == 1:
            names[name] = short[name]
        elif list(titles.values()).count(title) == 1:
            names[name] = title
        else:
            names[name] = name
    return {name: LONGER_NAMES.get(chosen, chosen) for name, chosen in names.items()}


def _replaced(schema: Any, part: Json, replacement: Json) -> Any:
    if schema == part:
        return replacement
    if isinstance(schema, list):
        return [_replaced(item, part, replacement) for item in schema]
    if isinstance(schema, dict):
        return {name: _replaced(value, part, replacement) for name, value in schema.items()}
    return schema


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    """Return the schema with its references renamed, anywhere in it."""
    if isinstance(schema, list):
        return [_renamed(item, names) for item in schema]
    if not isinstance(schema, dict):
        return schema
    renamed = {name: _renamed(value, names) for name, value in schema.items()}
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith(REF_PREFIX):
        old = reference.removeprefix(REF_PREFIX)
        renamed["$ref"] = REF.format(model=names.get(old, old))
    return renamed
