"""Changed copies of frozen models, with the fields checked by mypy (see tools/mypy_evolve.py)."""

from typing import Any, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)


def evolve(model: M, /, **changes: Any) -> M:
    """Return a copy of the model with these fields changed. The values are not validated again.

    For mypy the keywords are the fields of the model, each with its own type.
    """
    return model.model_copy(update=changes)
