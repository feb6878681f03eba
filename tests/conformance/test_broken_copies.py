"""A copy of the app with one mistake in it: Microsoft's worker refuses the whole of it.

The local host runs most of these happily, so only the worker stands between them and Azure.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conformance.own_process import run_worker

pytest.importorskip("azure_functions_runtime", reason="Microsoft's worker needs Python 3.13")

ROOT = Path(__file__).parent.parent.parent
DEPLOYED = ("function_app.py", "functions", "shared", "host.json", "topology.json")
FEED = "functions/_feed.py"
PLATFORM = "functions/platform/http_platform.py"
NOT_BOUND = "declared in Python but not in the function definition"


@dataclass(frozen=True, slots=True)
class Mistake:
    """In the file the new text takes the place of the old; the refusal says each of `said`."""

    name: str
    file: str
    old: str
    new: str
    said: tuple[str, ...]


MISTAKES = [
    Mistake(
        "an entry that leads to the signature of its handler", "functions/_http/edge.py",
        "    entry.__annotations__ = {", "    entry.__wrapped__ = handler\n"
        "    entry.__annotations__ = {",
        (NOT_BOUND, "{'call'}"),
    ),
    Mistake(
        "a binding that is called other than the parameter", "functions/_feed.py",
        'arg_name="changes"', 'arg_name="documents"',
        ("cannot load the keep_cards function", NOT_BOUND, "{'changes'}"),
    ),
    Mistake(
        "a parameter of no binding, though it has a default", PLATFORM,
        "(req: func.HttpRequest)", "(req: func.HttpRequest, deep: bool = False)",
        ("cannot load the zz_refuse_unknown_path function", NOT_BOUND, "{'deep'}"),
    ),
    Mistake(
        "a context that is called other than context", PLATFORM,
        "(req: func.HttpRequest)", "(req: func.HttpRequest, ctx: func.Context)",
        ("cannot load the zz_refuse_unknown_path function", NOT_BOUND, "{'ctx'}"),
    ),
    Mistake(
        "a type that only the type checker knows", FEED,
        "(changes: func.DocumentList)", '(changes: "DocumentList")',
        ("NameError", "'DocumentList' is not defined"),
    ),
    Mistake(
        "a list in the notation of today", FEED,
        "(changes: func.DocumentList)", "(changes: list[func.Document])",
        ("cannot load the keep_cards function", "binding changes has invalid non-type annotation"),
    ),
    Mistake(
        "a type that is not the trigger's", FEED,
        "(changes: func.DocumentList)", "(changes: func.TimerRequest)",
        ("cannot load the keep_cards function", "cosmosDBTrigger", "TimerRequest"),
    ),
    Mistake(
        "a request that may be none", PLATFORM,
        "(req: func.HttpRequest)", "(req: func.HttpRequest | None)",
        ("binding req has invalid non-type annotation",),
    ),
    Mistake(
        "an answer that is no answer", PLATFORM,
        "(req: func.HttpRequest) -> func.HttpResponse:", "(req: func.HttpRequest) -> dict:",
        ('return annotation "dict" does not match binding type "http"',),
    ),
    Mistake(
        "an app of two names", "function_app.py",
        "\napp = func.FunctionApp(", "\napp = application = func.FunctionApp(",
        ("More than one FunctionApp",),
    ),
    Mistake(
        "a name that two functions have", PLATFORM,
        '@bp.function_name("zz_refuse_unknown_path")', '@bp.function_name("run_imports")',
        ("Function run_imports does not have a unique function name",),
    ),
    Mistake(
        "functions that are registered twice", "function_app.py",
        "for module in MODULES:\n", "for module in (*MODULES, MODULES[0]):\n",
        ("Function keep_cards does not have a unique function name",),
    ),
    Mistake(
        "an import of what is not deployed", FEED,
        "from shared.composition import wiring\n",
        "from local.demo import company\nfrom shared.composition import wiring\n",
        ("ModuleNotFoundError", "local"),
    ),
]  # fmt: skip


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in DEPLOYED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_copy_as_it_is_is_accepted(copied: Path) -> None:
    ran = run_worker(copied)

    assert ran.returncode == 0, ran.stderr
    assert "run_imports" in [one["name"] for one in json.loads(ran.stdout)]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_the_copy_with_a_mistake_is_refused(copied: Path, mistake: Mistake) -> None:
    file = copied / mistake.file
    text = file.read_text()
    assert text.count(mistake.old) == 1, "there is nothing to get wrong"

    file.write_text(text.replace(mistake.old, mistake.new))
    ran = run_worker(copied)

    [refusal] = [line for line in ran.stderr.splitlines() if line.startswith("refused: ")]
    assert ran.returncode == 1
    assert [words for words in mistake.said if words not in refusal] == []
