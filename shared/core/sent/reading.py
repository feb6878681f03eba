"""JSON in which each key stands once, and models with the names that the contract has."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from shared.core.errors import Invalid
from shared.core.flaws import flaws_of

M = TypeVar("M", bound=BaseModel)


class RepeatedKey(ValueError):
    """An object has a key twice: which of the values was meant is anybody's guess."""


def read_json(text: str) -> Any:
    """Return the value. Raises ValueError for what is not JSON, or has a key twice."""
    value = from_json(text)
    check_keys(text)
    return value


def check_keys(text: str | bytes) -> None:
    """Raise RepeatedKey if an object of the JSON has a key twice."""
    json.loads(text, object_pairs_hook=_distinct, parse_int=str, parse_float=str)


def model_of(model: type[M], value: Any, pointer: str = "") -> M:
    """Return the value at the pointer as the model. Raises Invalid, for names in snake case too."""
    try:
        return model.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as exc:
        raise Invalid(flaws_of(exc, pointer)) from None


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    names = set()
    for name, _ in pairs:
        if name in names:
            raise RepeatedKey(f"An object has the key {name!r} twice.")
        names.add(name)
