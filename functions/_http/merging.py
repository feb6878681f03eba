"""JSON merge patch, RFC 7396, and what comes out of it as a model."""

from typing import Any

from pydantic import BaseModel, ValidationError

from shared.core.errors import Invalid
from shared.core.flaws import flaws_of


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
    try:
        return model.model_validate(body)
    except ValidationError as exc:
        raise Invalid(flaws_of(exc)) from None
