"""Flaws of a value, from pydantic's errors."""

from pydantic import ValidationError

from shared.core.errors import Flaw


def flaws_of(exc: ValidationError, prefix: str = "") -> list[Flaw]:
    """Return pydantic's errors as flaws; several readings of one value count once."""
    flaws: dict[tuple[str, str], Flaw] = {}
    for error in exc.errors(include_url=False, include_input=False, include_context=False):
        path = "".join(f"/{_escaped(part)}" for part in error["loc"] if _is_field(part))
        flaw = Flaw(prefix + path, error["type"].replace("_", "-"), error["msg"])
        flaws[(flaw.pointer, flaw.code)] = flaw
    return list(flaws.values())


def _escaped(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _is_field(part: int | str) -> bool:
    """Return whether it is a field, not pydantic's name of a union member such as list[str]."""
    return isinstance(part, int) or not (
        part.endswith("]") or part in {"bool", "int", "float", "str"}
    )
