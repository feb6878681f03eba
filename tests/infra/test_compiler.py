"""What the real compiler says, where it is at hand: `BICEP` in the environment, or on the path.

It says what the types of Azure say; and it works out the same resources as our reader of Bicep.
"""

import json
import os
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.stands import ENVIRONMENTS, NEEDED, ROOT, stand

BICEP = os.environ.get("BICEP") or shutil.which("bicep")
PLACE = [
    "--tenant-id", "00000000-0000-0000-0000-00000000000a", "--location", "westeurope",
    "--subscription-id", "00000000-0000-0000-0000-00000000000b",
]  # fmt: skip
AZURES_NAME = re.compile(r".*/subscriptions/.*|(?<=^issuer)[0-9a-z]{13}$")
SAID = re.compile(r" : (?:Error|Warning|Info) ")
OF_BOTH = {"id", "type", "name", "apiVersion", "dependsOn"}  # written in another way, or not at all

pytestmark = pytest.mark.skipif(BICEP is None, reason="no Bicep compiler: BICEP names one")


def said(*arguments: str | Path) -> list[str]:
    """Return the lines in which the compiler finds something."""
    out = subprocess.run([str(BICEP), *arguments], capture_output=True, text=True, check=False)
    found = [line for line in out.stderr.splitlines() if SAID.search(line)]
    assert out.returncode == 0 or found, out.stderr
    return found


@pytest.mark.parametrize("command", ["build", "lint"])
def test_the_compiler_has_nothing_to_say(command: str, tmp_path: Path) -> None:
    """It ends with 0 on warnings, and what does not fit Azure's types is only a warning."""
    to = ["--outfile", str(tmp_path / "main.json")] if command == "build" else []

    assert said(command, ROOT / "infra" / "main.bicep", *to) == []


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_compiler_and_reader_work_out_the_same(name: str, tmp_path: Path) -> None:
    by_compiler, by_reader = _grouped(snapshot(name, tmp_path)), _grouped(read(name))

    assert {kind: len(every) for kind, every in by_compiler.items()} == {
        kind: len(every) for kind, every in by_reader.items()
    }
    differences = [
        f"{kind} {path}: {one!r} by the compiler, {other!r} by the reader"
        for kind, every in by_compiler.items()
        for path, one, other in _differences(every, by_reader[kind])
    ]
    assert differences == []


def snapshot(name: str, folder: Path) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield type, name and body of what the compiler works out."""
    shutil.copytree(ROOT / "infra", folder / "infra")
    shutil.copy(ROOT / "topology.json", folder)
    file = folder / "infra" / f"{name}.bicepparam"
    given = {**NEEDED, **ENVIRONMENTS[name]}
    lines = [f"param {key} = {_literal(value)}\n" for key, value in given.items()]
    file.write_text("using 'main.bicep'\n" + "".join(lines))
    assert said("snapshot", file, *PLACE) == []
    for one in json.loads(file.with_suffix(".snapshot.json").read_text())["predictedResources"]:
        yield one["type"], one["name"].rpartition("/")[2], one


def read(name: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for one in stand(name).deployed.resources:
        yield one.type, one.name.rpartition("/")[2], one.body


def _literal(value: Any) -> str:
    """Return the value as Bicep writes it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value) if isinstance(value, bool | int) else f"'{value}'"


def _grouped(
    found: Iterable[tuple[str, str, Mapping[str, Any]]],
) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Return the known leaves of each body by the type of its resource, in one order."""
    groups: defaultdict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for kind, name, body in found:
        own = {key: value for key, value in body.items() if key not in OF_BOTH}
        groups[kind].append((name, dict(_leaves(own))))
    return {kind: sorted(every, key=_order) for kind, every in groups.items()}


def _order(one: tuple[str, dict[str, Any]]) -> tuple[str, str]:
    """Names that only Azure can work out differ, so what is known decides among those."""
    name, leaves = one
    known = sorted(f"{path}={value}" for path, value in leaves.items() if not _is_azures(value))
    return ("" if _is_azures(name) or _is_hashed(name) else name, "\n".join(known))


def _is_hashed(name: str) -> bool:
    return re.fullmatch(r".*[0-9a-f]{8}.*|.*[a-z0-9]{13}.*", name) is not None


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, one in value.items():
            yield from _leaves(one, f"{path}.{AZURES_NAME.sub('*', key)}")
    elif isinstance(value, list) and value:
        for index, one in enumerate(value):
            yield from _leaves(one, f"{path}[{index}]")
    elif value is not None:  # which is as good as not there
        yield path, value


def _is_azures(value: Any) -> bool:
    """Return whether it holds what only Azure knows: an expression, an id."""
    texts = ("[", "/subscriptions/", PLACE[1])
    return isinstance(value, str) and (
        value.startswith(texts[0]) or any(one in value for one in texts[1:])
    )


def _differences(
    ones: list[tuple[str, dict[str, Any]]], others: list[tuple[str, dict[str, Any]]]
) -> Iterator[tuple[str, Any, Any]]:
    for (name, one), (_, other) in zip(ones, others, strict=True):
        open_ends = tuple(path for path, value in one.items() if _is_azures(value))
        for path in sorted({*one, *other}):
            mine, theirs = one.get(path), other.get(path)
            if not path.startswith(open_ends) and not _same(mine, theirs):
                yield f"{name}{path}", mine, theirs


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str) and one[:1] in {"{", "["}:
        return bool(json.loads(one) == json.loads(other))
    return bool(one == other)
