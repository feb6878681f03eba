"""Fields of the parts of a customer, by the paths that name them in conflicts."""

from typing import Any

from pydantic import BaseModel


def given(edit: BaseModel, *excluded: str) -> dict[str, Any]:
    """Return the fields that the body has, under the names that are answered."""
    fields = edit.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {name: value for name, value in fields.items() if name not in excluded}


def with_primary(fields: dict[str, Any], prefix: str, path: str, value: Any) -> dict[str, Any]:
    """Let what becomes the primary one be in conflict with whatever else became it."""
    return fields | ({path: value} if fields.get(f"{prefix}primary") else {})


def without_primary(
    kept: dict[str, Any], offered: dict[str, Any], prefix: str, path: str
) -> dict[str, Any]:
    left = {path, f"{prefix}primary"} if path in offered and path not in kept else {path}
    return {name: value for name, value in kept.items() if name not in left}


def under(prefix: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}{name}": value for name, value in fields.items()}


def without(prefix: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {path.removeprefix(prefix): value for path, value in fields.items()}
