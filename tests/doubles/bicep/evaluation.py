"""Evaluates a syntax tree to the resources that it would deploy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

from tests.doubles.bicep import tree
from tests.doubles.bicep.functions import FUNCTIONS, OPERATORS, Runtime
from tests.doubles.bicep.syntax import read
from tests.doubles.bicep.tokens import NotSupported
from tests.doubles.bicep.tree import Declaration, Node

GROUP = "/subscriptions/s/resourceGroups/g"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource, with the resource that it extends (`scope`), if any."""

    type: str
    name: str
    body: Mapping[str, Any]
    id: str
    file: str
    scope: "Resource | None" = None

    @property
    def properties(self) -> Any:
        return self.body.get("properties", {})


@dataclass(slots=True)
class Deployed:
    resources: list[Resource] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of(self, type_: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type == type_]


def deployed(path: Path, **parameters: Any) -> Deployed:
    """Return what the file would deploy with these parameters."""
    return File(path, parameters).run()


class File:
    def __init__(self, path: Path, parameters: Mapping[str, Any]) -> None:
        self._path = path
        self._parameters = parameters
        self._declared = {
            declaration.name: declaration
            for declaration in read(path)
            if declaration.kind != "output"
        }
        self._outputs = [declaration for declaration in read(path) if declaration.kind == "output"]
        self._values: dict[str, Any] = {}
        self._deployed = Deployed()
        allowed = {
            declaration.name
            for declaration in self._declared.values()
            if declaration.kind == "param"
        }
        if unknown := set(parameters) - allowed:
            raise NotSupported(f"{path} has no parameters {unknown}")

    def run(self) -> Deployed:
        for name in self._declared:
            self._symbol(name)
        for output in self._outputs:
            assert output.value
            self._deployed.outputs[output.name] = self._value(output.value, {})
        return self._deployed

    def _symbol(self, name: str) -> Any:
        if name not in self._values:
            if name not in self._declared:
                raise NotSupported(f"{self._path}: {name} is not declared")
            self._values[name] = self._declare(self._declared[name])
        return self._values[name]

    def _declare(self, declaration: Declaration) -> Any:
        if declaration.kind == "param":
            return self._parameter(declaration)
        assert declaration.value
        if declaration.kind == "var":
            return self._value(declaration.value, {})
        if isinstance(declaration.value, tree.Loop):
            loop = declaration.value
            return [self._make(declaration, loop.body, names) for names in self._rounds(loop, {})]
        return self._make(declaration, declaration.value, {})

    def _parameter(self, declaration: Declaration) -> Any:
        if declaration.name in self._parameters:
            return self._parameters[declaration.name]
        if declaration.value is None:
            raise NotSupported(f"{self._path} needs the parameter {declaration.name}")
        return self._value(declaration.value, {})

    def _make(self, declaration: Declaration, body: Node, names: Mapping[str, Any]) -> Any:
        if isinstance(body, tree.Condition):
            if not self._value(body.condition, names):
                return None
            body = body.body
        if declaration.kind == "module":
            return self._module(declaration, self._value(body, names))
        return self._resource(declaration, self._value(body, names))

    def _module(self, declaration: Declaration, body: Mapping[str, Any]) -> Deployed:
        inner = deployed(self._path.parent / declaration.target, **body["params"])
        self._deployed.resources += inner.resources
        return inner

    def _resource(self, declaration: Declaration, body: Mapping[str, Any]) -> Resource:
        kind, name = declaration.target.partition("@")[0], str(body["name"])
        parent, scope = body.get("parent"), body.get("scope")
        own = {key: value for key, value in body.items() if key not in ("parent", "scope")}
        resource = Resource(
            kind, name, _without_nulls(own), _id(kind, name, parent, scope), self._path.name, scope
        )
        if declaration.kind != "existing":
            self._deployed.resources.append(resource)
        return resource

    def _rounds(self, loop: tree.Loop, names: Mapping[str, Any]) -> list[dict[str, Any]]:
        source = self._value(loop.source, names)
        return [{**names, **dict(zip(loop.names, (item, index), strict=False))}
                for index, item in enumerate(source)]  # fmt: skip

    @singledispatchmethod
    def _value(self, node: Node, names: Mapping[str, Any]) -> Any:
        raise NotSupported(f"{self._path}: {node}")

    @_value.register
    def _(self, node: tree.Literal, names: Mapping[str, Any]) -> Any:
        return node.value

    @_value.register
    def _(self, node: tree.Text, names: Mapping[str, Any]) -> Any:
        return "".join(str(self._value(part, names)) for part in node.parts)

    @_value.register
    def _(self, node: tree.Name, names: Mapping[str, Any]) -> Any:
        return names[node.name] if node.name in names else self._symbol(node.name)

    @_value.register
    def _(self, node: tree.Member, names: Mapping[str, Any]) -> Any:
        owner, key = self._value(node.of, names), self._value(node.key, names)
        try:
            return _member(owner, key)
        except (KeyError, IndexError):
            if node.safe:
                return None
            raise NotSupported(f"{self._path}: there is no {key}") from None

    @_value.register
    def _(self, node: tree.Call, names: Mapping[str, Any]) -> Any:
        arguments = [self._value(argument, names) for argument in node.arguments]
        if node.name == "loadJsonContent":
            return json.loads((self._path.parent / arguments[0]).read_text())
        if node.name not in FUNCTIONS:
            raise NotSupported(f"{self._path}: {node.name}()")
        return FUNCTIONS[node.name](*arguments)

    @_value.register
    def _(self, node: tree.Operation, names: Mapping[str, Any]) -> Any:
        first = self._value(node.operands[0], names)
        short_circuits = {"&&": not first, "||": bool(first), "??": first is not None}
        if node.sign in short_circuits:
            return first if short_circuits[node.sign] else self._value(node.operands[1], names)
        others = (self._value(operand, names) for operand in node.operands[1:])
        return OPERATORS[node.sign](first, *others)

    @_value.register
    def _(self, node: tree.Choice, names: Mapping[str, Any]) -> Any:
        return self._value(node.yes if self._value(node.condition, names) else node.no, names)

    @_value.register
    def _(self, node: tree.Array, names: Mapping[str, Any]) -> Any:
        return [self._value(item, names) for item in node.items]

    @_value.register
    def _(self, node: tree.Record, names: Mapping[str, Any]) -> Any:
        return {self._value(key, names): self._value(value, names) for key, value in node.fields}

    @_value.register
    def _(self, node: tree.Loop, names: Mapping[str, Any]) -> Any:
        return [self._value(node.body, own) for own in self._rounds(node, names)]

    @_value.register
    def _(self, node: tree.Lambda, names: Mapping[str, Any]) -> Any:
        return lambda *arguments: self._value(
            node.body, {**names, **dict(zip(node.names, arguments, strict=True))}
        )


def _member(owner: Any, key: Any) -> Any:
    if isinstance(owner, Deployed):
        return {"outputs": owner.outputs}[key]
    if isinstance(owner, Resource):
        return {"id": owner.id, "name": owner.name}.get(key) or Runtime(
            owner.id, owner.body
        ).member(key)
    if isinstance(owner, Runtime):
        return owner.member(key)
    return owner[key]


def _id(kind: str, name: str, parent: Resource | None, scope: Resource | None) -> str:
    if parent:
        return f"{parent.id}/{kind.rpartition('/')[2]}/{name}"
    return f"{scope.id if scope else GROUP}/providers/{kind}/{name}"


def _without_nulls(value: Any) -> Any:
    """Omit null values, as Azure does."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
