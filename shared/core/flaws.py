"""What is wrong with a value, from pydantic's findings."""

from pydantic import ValidationError

from shared.core.errors import Flaw


def flaws_of(exc: ValidationError, prefix: str = "") -> list[Flaw]:
    """Return pydantic's findings as ours; several readings of one value count once."""
    found: dict[tuple[str, str], Flaw] = {}
    for error in exc.errors(include_url=False, include_input=False, include_context=False):
        path = "".join(f"/{_escaped(part)}" for part in error["loc"] if _is_place(part))
        flaw = Flaw(prefix + path, error["type"].replace("_", "-"), error["msg"])
        found[(flaw.pointer, flaw.code)] = flaw
    return list(found.values())


def _escaped(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _is_place(part: int | str) -> bool:
    """Tell a field from the name pydantic gives to one reading of a union, such as list[str]."""
    return isinstance(part, int) or not (
        part.endswith("]") or part in {"bool", "int", "float", "str"}
    )
