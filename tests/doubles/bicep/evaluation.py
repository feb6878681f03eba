"""From a tree to the resources that it would make."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

from tests.doubles.bicep import tree
from tests.doubles.bicep.functions import FUNCTIONS, OPERATORS, Runtime
from tests.doubles.bicep.syntax import read
from tests.doubles.bicep.tokens import NotUnderstood
from tests.doubles.bicep.tree import Declaration, Node

GROUP = "/subscriptions/s/resourceGroups/g"


@dataclass(frozen=True, slots=True)
class Made:
    """A resource, with what it is a part of (`parent`) or said of (`scope`)."""

    type: str
    name: str
    body: Mapping[str, Any]
    id: str
    file: str
    scope: "Made | None" = None

    @property
    def properties(self) -> Any:
        return self.body.get("properties", {})


@dataclass(slots=True)
class Deployed:
    resources: list[Made] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of(self, type_: str) -> list[Made]:
        return [one for one in self.resources if one.type == type_]


def deployed(path: Path, **parameters: Any) -> Deployed:
    """Return what this file would deploy with these parameters."""
    return File(path, parameters).run()


class File:
    def __init__(self, path: Path, parameters: Mapping[str, Any]) -> None:
        self._path = path
        self._parameters = parameters
        self._declared = {one.name: one for one in read(path) if one.kind != "output"}
        self._outputs = [one for one in read(path) if one.kind == "output"]
        self._values: dict[str, Any] = {}
        self._deployed = Deployed()
        known = {one.name for one in self._declared.values() if one.kind == "param"}
        if unknown := set(parameters) - known:
            raise NotUnderstood(f"{path} has no parameters {unknown}")

    def run(self) -> Deployed:
        for name in self._declared:
            self._symbol(name)
        for one in self._outputs:
            assert one.value
            self._deployed.outputs[one.name] = self._value(one.value, {})
        return self._deployed

    def _symbol(self, name: str) -> Any:
        if name not in self._values:
            if name not in self._declared:
                raise NotUnderstood(f"{self._path}: {name} is not declared")
            self._values[name] = self._declare(self._declared[name])
        return self._values[name]

    def _declare(self, one: Declaration) -> Any:
        if one.kind == "param":
            return self._parameter(one)
        assert one.value
        if one.kind == "var":
            return self._value(one.value, {})
        if isinstance(one.value, tree.Loop):
            loop = one.value
            return [self._make(one, loop.body, names) for names in self._rounds(loop, {})]
        return self._make(one, one.value, {})

    def _parameter(self, one: Declaration) -> Any:
        if one.name in self._parameters:
            return self._parameters[one.name]
        if one.value is None:
            raise NotUnderstood(f"{self._path} needs the parameter {one.name}")
        return self._value(one.value, {})

    def _make(self, one: Declaration, body: Node, names: Mapping[str, Any]) -> Any:
        if isinstance(body, tree.Condition):
            if not self._value(body.condition, names):
                return None
            body = body.body
        if one.kind == "module":
            return self._module(one, self._value(body, names))
        return self._resource(one, self._value(body, names))

    def _module(self, one: Declaration, body: Mapping[str, Any]) -> Deployed:
        inner = deployed(self._path.parent / one.what, **body["params"])
        self._deployed.resources += inner.resources
        return inner

    def _resource(self, one: Declaration, body: Mapping[str, Any]) -> Made:
        kind, name = one.what.partition("@")[0], str(body["name"])
        parent, scope = body.get("parent"), body.get("scope")
        own = {key: value for key, value in body.items() if key not in ("parent", "scope")}
        made = Made(kind, name, _said(own), _id(kind, name, parent, scope), self._path.name, scope)
        if one.kind != "existing":
            self._deployed.resources.append(made)
        return made

    def _rounds(self, loop: tree.Loop, names: Mapping[str, Any]) -> list[dict[str, Any]]:
        source = self._value(loop.source, names)
        return [{**names, **dict(zip(loop.names, (it, i), strict=False))}
                for i, it in enumerate(source)]  # fmt: skip

    @singledispatchmethod
    def _value(self, node: Node, names: Mapping[str, Any]) -> Any:
        raise NotUnderstood(f"{self._path}: {node}")

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
        of, key = self._value(node.of, names), self._value(node.key, names)
        try:
            return _member(of, key)
        except (KeyError, IndexError):
            if node.safe:
                return None
            raise NotUnderstood(f"{self._path}: there is no {key}") from None

    @_value.register
    def _(self, node: tree.Call, names: Mapping[str, Any]) -> Any:
        arguments = [self._value(one, names) for one in node.arguments]
        if node.name == "loadJsonContent":
            return json.loads((self._path.parent / arguments[0]).read_text())
        if node.name not in FUNCTIONS:
            raise NotUnderstood(f"{self._path}: {node.name}()")
        return FUNCTIONS[node.name](*arguments)

    @_value.register
    def _(self, node: tree.Operation, names: Mapping[str, Any]) -> Any:
        first = self._value(node.operands[0], names)
        decided = {"&&": not first, "||": bool(first), "??": first is not None}
        if node.sign in decided:
            return first if decided[node.sign] else self._value(node.operands[1], names)
        return OPERATORS[node.sign](first, *(self._value(one, names) for one in node.operands[1:]))

    @_value.register
    def _(self, node: tree.Choice, names: Mapping[str, Any]) -> Any:
        return self._value(node.yes if self._value(node.condition, names) else node.no, names)

    @_value.register
    def _(self, node: tree.Array, names: Mapping[str, Any]) -> Any:
        return [self._value(one, names) for one in node.items]

    @_value.register
    def _(self, node: tree.Record, names: Mapping[str, Any]) -> Any:
        return {self._value(key, names): self._value(it, names) for key, it in node.fields}

    @_value.register
    def _(self, node: tree.Loop, names: Mapping[str, Any]) -> Any:
        return [self._value(node.body, own) for own in self._rounds(node, names)]

    @_value.register
    def _(self, node: tree.Lambda, names: Mapping[str, Any]) -> Any:
        return lambda *given: self._value(
            node.body, {**names, **dict(zip(node.names, given, strict=True))}
        )


def _member(of: Any, key: Any) -> Any:
    if isinstance(of, Deployed):
        return {"outputs": of.outputs}[key]
    if isinstance(of, Made):
        return {"id": of.id, "name": of.name}.get(key) or Runtime(of.id, of.body).member(key)
    if isinstance(of, Runtime):
        return of.member(key)
    return of[key]


def _id(kind: str, name: str, parent: Made | None, scope: Made | None) -> str:
    if parent:
        return f"{parent.id}/{kind.rpartition('/')[2]}/{name}"
    return f"{scope.id if scope else GROUP}/providers/{kind}/{name}"


def _said(value: Any) -> Any:
    """Leave out what is null, as Azure does."""
    if isinstance(value, dict):
        return {key: _said(it) for key, it in value.items() if it is not None}
    return [_said(it) for it in value] if isinstance(value, list) else value
