"""The OpenAPI description is complete: clients are generated from it, and people read it."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import function_app  # noqa: F401  # it registers the operations
from functions._http.description.openapi import describe
from functions._http.documented import refusals
from functions._http.operation import OPERATIONS
from functions._http.problems import PROBLEM_JSON, status_of
from shared.configuration.domain.collections import COLLECTIONS

Json = dict[str, Any]
REF = "#/components/schemas/"
VERBS = {
    "Add", "Answer", "Cancel", "Check", "Complete", "Confirm", "Create", "Deactivate", "Decide",
    "Delete", "Edit", "Execute", "Get", "Import", "List", "Move", "Preview", "Record", "Remove",
    "Replay", "Restore", "Retry", "Return", "Search", "Send", "Start", "Switch", "Trace", "Undo",
    "Unsubscribe", "Update", "Upload", "Verify",
}  # fmt: skip
LONGEST_SUMMARY = 80


@cache
def description() -> Json:
    return describe()


def schemas() -> Json:
    return dict(description()["components"]["schemas"])


def operations() -> Iterator[tuple[str, Json]]:
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def resolved(schema: Json) -> Json:
    return schemas()[schema["$ref"].removeprefix(REF)] if "$ref" in schema else schema


def test_every_operation_has_a_short_imperative_summary_and_a_description() -> None:
    wrong = {
        operation["operationId"]
        for _, operation in operations()
        if operation["summary"].partition(" ")[0] not in VERBS
        or len(operation["summary"]) > LONGEST_SUMMARY
        or not operation["description"].partition("For the roles")[0].strip()
    }

    assert not wrong


def test_names_of_operations_are_their_own() -> None:
    names = [operation["operationId"] for _, operation in operations()]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) for name in names)


def test_every_parameter_is_described() -> None:
    missing = {
        f"{operation['operationId']} {parameter['name']}"
        for _, operation in operations()
        for parameter in operation["parameters"]
        if not parameter["description"]
    }

    assert not missing


def properties(schema: Json) -> Iterator[tuple[str, Json]]:
    for part in (schema, *schema.get("allOf", ())):
        yield from part.get("properties", {}).items()


def test_every_property_of_every_schema_is_described() -> None:
    missing = {
        name
        for name, schema in schemas().items()
        if not schema.get("description")
        or any(not field.get("description") for _, field in properties(schema))
    }

    assert not missing


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_schema_has_an_example_that_it_admits(name: str) -> None:
    schema = schemas()[name]
    if "enum" in schema:
        return
    root = {"$ref": f"{REF}{name}", "components": {"schemas": schemas()}}
    validator = Draft202012Validator(root, format_checker=Draft202012Validator.FORMAT_CHECKER)

    assert schema["examples"]
    for example in schema["examples"]:
        assert [error.message for error in validator.iter_errors(example)] == []


def test_schemas_have_names_that_a_class_can_have() -> None:
    assert all(re.fullmatch(r"[A-Z][A-Za-z0-9]+", name) for name in schemas())


def test_tags_are_those_in_use_and_described() -> None:
    listed = {tag["name"]: tag["description"] for tag in description()["tags"]}

    assert set(listed) == {tag for _, operation in operations() for tag in operation["tags"]}
    assert all(listed.values())


def codes_of(schema: Json) -> set[str]:
    [own] = [part for part in resolved(schema)["allOf"] if "properties" in part]
    return set(own["properties"]["code"]["enum"])


def test_every_problem_lists_its_codes() -> None:
    every = set(schemas()["ProblemCode"]["enum"])
    listed: set[str] = set()
    for name, operation in operations():
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            codes = codes_of(response["content"][PROBLEM_JSON]["schema"])
            assert codes, (name, status)
            assert all(f"`{code}`" in response["description"] for code in codes)
            listed |= codes

    assert every == listed | {"internal"}


def test_the_codes_of_an_operation_are_those_of_its_refusals() -> None:
    for operation in OPERATIONS.values():
        path = f"/api/{operation.described_route}"
        if "{collection}" in path:
            continue
        responses = description()["paths"][path][operation.method.lower()]["responses"]
        for refusal in refusals(operation):
            response = responses[str(int(status_of(refusal)))]
            codes = codes_of(response["content"][PROBLEM_JSON]["schema"])
            numbered = {re.sub(r"-\d+$", "", code) for code in codes}
            assert refusal.code in codes | numbered, operation.name


@pytest.mark.parametrize("name", sorted(COLLECTIONS))
def test_every_collection_of_settings_has_paths_and_schemas_of_its_own(name: str) -> None:
    paths = description()["paths"]
    model = COLLECTIONS[name].model.__name__
    one = paths[f"/api/v1/{{legalEntity}}/settings/{name}/{{key}}"]
    page = paths[f"/api/v1/{{legalEntity}}/settings/{name}"]["get"]["responses"]["200"]
    item = resolved(
        resolved(page["content"]["application/json"]["schema"])["properties"]["items"]["items"]
    )

    assert one["put"]["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": REF + model
    }
    for method, status in (("get", "200"), ("put", "200"), ("put", "201")):
        answer = one[method]["responses"][status]["content"]["application/json"]["schema"]
        assert answer == {"$ref": REF + model}
    assert item["properties"]["setting"]["$ref"] == REF + model
    assert "delete" in one


def test_every_operation_is_in_the_description_with_its_statuses_and_headers() -> None:
    for operation in OPERATIONS.values():
        path = f"/api/{operation.described_route}".replace("{collection}", "stores")
        described = description()["paths"][path][operation.method.lower()]
        own = {str(int(status)) for status in (operation.status, *operation.also)}
        assert own <= set(described["responses"])
        if "{collection}" not in operation.route:
            statuses = {str(int(status_of(refusal))) for refusal in refusals(operation)}
            assert statuses <= set(described["responses"])
        assert ("security" in described) == bool(operation.who)
        headers = {item["name"] for item in described["parameters"] if item["in"] == "header"}
        assert ("If-Match" in headers) == (operation.if_match != "ignored")
        assert ("Idempotency-Key" in headers) == operation.idempotent


def test_every_reference_leads_somewhere() -> None:
    for name in set(re.findall(r"#/components/schemas/([\w.\-]+)", str(description()))):
        assert name in schemas()
