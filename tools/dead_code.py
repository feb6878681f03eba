"""Name what nobody uses: vulture, without what a framework reads by itself.

It reads functions, shared and local, and takes what bench and tools use for used, but not what only
tests do. Fields of models are left out, for they are read as JSON; `[tool.vulture]` in
pyproject.toml holds what else is left out.
"""

import ast
import sys
import tomllib
from pathlib import Path
from typing import Any

from vulture import Vulture

ROOT = Path(__file__).parent.parent


def main() -> int:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["vulture"]
    vulture = Vulture(
        ignore_names=settings["ignore_names"], ignore_decorators=settings["ignore_decorators"]
    )
    vulture.scavenge([str(ROOT / path) for path in settings["paths"]])
    unused = [
        item
        for item in vulture.get_unused_code(min_confidence=settings["min_confidence"])
        if not _is_field(item)
    ]
    for item in unused:
        print(f"{item.filename.relative_to(ROOT)}:{item.first_lineno}: nobody uses {item.name}")
    return bool(unused)


def _is_field(item: Any) -> bool:
    """Whether it is declared in the body of a class, as `name: type`."""
    tree = ast.parse(Path(item.filename).read_text())
    return item.typ == "variable" and any(
        isinstance(line, ast.AnnAssign) and line.lineno == item.first_lineno
        for kind in ast.walk(tree)
        if isinstance(kind, ast.ClassDef)
        for line in kind.body
    )


if __name__ == "__main__":
    sys.exit(main())
