"""A mypy plugin: `evolve(model, field=value)` takes the fields of that model, with their types.

mypy does the same for `dataclasses.replace`; pydantic's own plugin has nothing like it.
"""

from collections.abc import Callable

from mypy.nodes import ARG_NAMED_OPT, ARG_POS, TypeInfo, Var
from mypy.plugin import FunctionSigContext, Plugin
from mypy.types import CallableType, FunctionLike, Instance, Type, TypeVarType, get_proper_type

EVOLVE = "shared.core.evolve.evolve"
BASE = "pydantic.main.BaseModel"


class EvolvePlugin(Plugin):
    """Gives each call of `evolve` the signature of the model that it is called with."""

    def get_function_signature_hook(
        self, fullname: str
    ) -> Callable[[FunctionSigContext], FunctionLike] | None:
        return _signature if fullname == EVOLVE else None


def plugin(_: str) -> type[Plugin]:
    """Return what mypy loads."""
    return EvolvePlugin


def _signature(context: FunctionSigContext) -> FunctionLike:
    signature = context.default_signature
    [[argument, *_], *_] = context.args
    given = model = get_proper_type(context.api.get_expression_type(argument))
    if isinstance(model, TypeVarType):
        model = get_proper_type(model.upper_bound)
    if not isinstance(model, Instance):
        return signature
    fields = _fields(model.type)
    return CallableType(
        arg_types=[given, *fields.values()],
        arg_kinds=[ARG_POS, *(ARG_NAMED_OPT for _ in fields)],
        arg_names=[None, *fields],
        ret_type=given,
        fallback=signature.fallback,
        name=signature.name,
    )


def _fields(info: TypeInfo) -> dict[str, Type]:
    """Return the fields of the model and of those that it derives from, the nearest first."""
    fields: dict[str, Type] = {}
    for kind in info.mro:
        if kind.fullname == BASE or not kind.has_base(BASE):
            continue
        for name, symbol in kind.names.items():
            node = symbol.node
            if isinstance(node, Var) and node.type and not node.is_classvar and name[0] != "_":
                fields.setdefault(name, node.type)
    return fields
