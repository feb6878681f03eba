"""Promises the code makes about itself."""

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from function_app import app
from functions._http.operation import OPERATIONS
from functions._http.problems import status_of
from local.host.functions import read_functions
from local.host.routing.table import Table
from shared.configuration.domain.collections import COLLECTIONS, PARAMETERS_NAME
from shared.core import errors
from shared.core.errors import Refusal
from shared.platform.topology import containers
from tests.tracked import tracked

ROOT = Path(__file__).parent.parent
CODE = tracked("functions/*.py", "shared/*.py", "local/*.py", "bench/*.py", "tools/*.py")
TESTS = tracked("tests/*.py")
LONGEST_MODULE = 300
LONGER_MODULES = {
    "tests/doubles/servicebus": "a broker is read beside the protocol that it speaks",
    "tests/clienteling/test_books_under_faults.py": "one machine of states",
    "tests/measures/test_measure_cache.py": "one cache, against one source and one clock",
    "tests/infra/promises.py": "every promise of the templates in one list",
    "tests/adapters/test_customer_insights.py": "one client, against one double",
    "tests/contracts/test_documents.py": "one contract, for every store",
    "tests/contracts/test_bus.py": "one contract, for every bus",
    "tests/local/test_host.py": "one host, from its start to its end",
    "tests/edge/test_edge.py": "one edge, from the request to the answer",
    "tests/edge/test_contention.py": "one list of operations that write, and two races of them",
    "tests/sync/test_asynchronous.py": "one creation, from the message to the customer",
    "tests/configuration/test_settings.py": "one contract, for every collection",
}
WAITED_FOR = {"keep_cards", "relay_events"}  # feeds that a person waits for
MODULES_OF_A_FOLDER = 12
IMPORTS_OF_A_MODULE = 12
PROJECT = {"function_app", "functions", "shared", "local", "bench", "tools", "tests"}
UNWANTED = re.compile(r"manager|helper|util|common|processor|handle_")
MOCKS = re.compile(r"\bmonkeypatch\.|\bunittest\.mock\b|\bMagicMock\b|\bmocker\b")
TESTS_PER_MOCK = 1000
FUNCTIONS = read_functions(app, {"COSMOS_DATABASE": "libro"})

SAY_WHAT_CHANNELS_WERE_PROMISED = {"SessionTransition"}  # `status` of the session
OF_EVERY_PROBLEM = {"type", "title", "status", "detail", "instance", "code", "traceId", "errors"}
each_module = pytest.mark.parametrize("module", CODE, ids=lambda path: str(path.relative_to(ROOT)))


def test_a_module_fits_in_one_sitting() -> None:
    long = {
        str(module.relative_to(ROOT))
        for module in [*CODE, *TESTS]
        if len(module.read_text().splitlines()) > LONGEST_MODULE
    }
    allowed = {name for name in long if any(name.startswith(reason) for reason in LONGER_MODULES)}

    assert long == allowed
    assert not [name for name in LONGER_MODULES if not any(one.startswith(name) for one in long)]


def test_a_folder_is_read_at_a_glance() -> None:
    modules = Counter(module.parent for module in [*CODE, *TESTS] if module.name != "__init__.py")

    assert not {folder for folder, count in modules.items() if count > MODULES_OF_A_FOLDER}


def imports(module: Path) -> set[str]:
    """Return the modules of the project that one imports."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            package = ROOT.joinpath(*node.module.split(".")).is_dir()
            names = [f"{node.module}.{name.name}" for name in node.names]
            found |= set(names) if package else {node.module}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return {name for name in found if name.partition(".")[0] in PROJECT}


@each_module
def test_a_module_stands_on_few_others(module: Path) -> None:
    if not {"composition", "tools"} & set(module.parts):  # which bring all together
        assert len(imports(module)) <= IMPORTS_OF_A_MODULE


@each_module
def test_a_module_says_what_it_is_for(module: Path) -> None:
    words = ast.get_docstring(ast.parse(module.read_text()))

    assert words
    assert words.splitlines()[0].endswith((".", ":"))


@each_module
def test_words_that_say_nothing_are_not_used(module: Path) -> None:
    names = {
        node.name
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }

    assert not [name for name in [*names, module.stem] if UNWANTED.search(name.lower())]


def test_tests_use_real_parts() -> None:
    text = "".join(path.read_text() for path in TESTS if path.name != Path(__file__).name)

    assert len(MOCKS.findall(text)) <= len(text.splitlines()) // TESTS_PER_MOCK


NOT_AT_FIRST = (
    "aiohttp", "azure.core", "azure.cosmos", "azure.identity", "azure.keyvault", "azure.monitor",
    "azure.servicebus", "azure.storage", "babel", "email_validator", "jwt", "opentelemetry",
    "phonenumbers", "pydantic_settings", "sqlite3",
)  # fmt: skip


def test_a_cold_start_loads_nothing_that_its_request_may_not_need() -> None:
    code = "import function_app, sys; print(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert not set(NOT_AT_FIRST) & set(out.stdout.split())


def test_a_cold_start_builds_no_model_but_what_generic_ones_are_made_from() -> None:
    code = (
        "import function_app, pydantic; from pydantic._internal._mock_val_ser import MockValSer\n"
        "def all_of(kind):\n"
        "    for one in kind.__subclasses__():\n"
        "        yield one; yield from all_of(one)\n"
        "print(*{one.__name__ for one in all_of(pydantic.BaseModel)"
        " if one.__module__.startswith(('functions', 'shared'))"
        " and not isinstance(one.__pydantic_validator__, MockValSer)}, sep='\\n')"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert {one.partition("[")[0] for one in out.stdout.splitlines()} == {"PageOf", "RootModel"}


def test_functions_are_named_like_sentences() -> None:
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", one.name) for one in FUNCTIONS)


def test_every_operation_is_a_function_and_the_other_way_round() -> None:
    http = {one.name for one in FUNCTIONS if one.kind == "httpTrigger"}

    assert http - set(OPERATIONS) == {"zz_refuse_unknown_path"}
    assert max(http) == "zz_refuse_unknown_path", "it is tried last"


def test_no_two_routes_of_one_method_overlap() -> None:
    table = Table()
    for one in FUNCTIONS:
        if one.kind == "httpTrigger":
            table.add(one.name, one.trigger["route"], one.trigger["methods"], one)

    assert [(a.name, b.name) for a, b in table.overlaps()] == []


def test_a_feed_never_gives_up() -> None:
    feeds = [one for one in FUNCTIONS if one.kind == "cosmosDBTrigger"]

    assert feeds
    assert all(one.retry and one.retry.count == -1 for one in feeds), "else a failed batch is lost"
    assert all(one.trigger["startFromBeginning"] is True for one in feeds), "else it begins now"
    assert {one.name for one in feeds if one.trigger["feedPollDelay"] <= 1000} == WAITED_FOR
    assert all(one.trigger["leaseExpirationInterval"] <= 20_000 for one in feeds)
    assert {one.trigger["containerName"] for one in feeds} <= set(containers())


def test_messages_come_one_by_one() -> None:
    triggers = [one.trigger for one in FUNCTIONS if one.kind == "serviceBusTrigger"]

    assert all(str(one.get("cardinality", "ONE")).upper() == "ONE" for one in triggers)


def test_containers_are_those_of_the_code() -> None:
    code = "".join(path.read_text() for path in CODE if "store" not in path.parts)

    for name in containers():
        assert f'"{name}"' in code, name


def every(kind: type[Refusal]) -> list[type[Refusal]]:
    return [kind, *(found for one in kind.__subclasses__() for found in every(one))]


def test_every_refusal_has_a_status_and_a_code_of_its_own() -> None:
    kinds = [one for one in every(Refusal) if one is not Refusal and "tests" not in one.__module__]
    named: dict[str, set[type[Refusal]]] = {}
    for one in kinds:
        assert status_of(one)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", one.code)
        if "code" in vars(one):
            named.setdefault(one.code, set()).add(one)

    twice = {code for code, ones in named.items() if len(ones) > 1}
    assert twice == {"customer-erased"}, "409 to whoever writes, 410 to whoever exports"


def test_the_tree_of_kinds_is_the_one_that_is_drawn() -> None:
    drawn = set(re.findall(r"- (\w+)", errors.__doc__ or ""))

    assert drawn == {
        name for name, one in vars(errors).items()
        if isinstance(one, type) and issubclass(one, Refusal) and one is not Refusal
    }  # fmt: skip


def test_who_may_name_a_setting_is_known() -> None:
    for collection in COLLECTIONS.values():
        assert set(collection.may_name) <= {*COLLECTIONS, "customers"}
    assert set(PARAMETERS_NAME) <= set(COLLECTIONS)


def test_the_documentation_names_every_function() -> None:
    page = (ROOT / "docs" / "functions.md").read_text()

    for one in FUNCTIONS:
        assert f"`{one.name}`" in page, one.name


def test_decisions_are_numbered_and_say_what_enforces_them() -> None:
    files = tracked("docs/decisions/*.md")
    numbers = [int(path.name[:4]) for path in files]

    assert numbers == list(range(1, len(files) + 1))
    for path in files:
        text = path.read_text()
        for part in ("Status:", "## Context", "## Decision", "## Consequences", "Enforced by:"):
            assert part in text, (path.name, part)


@each_module
def test_facts_of_a_refusal_are_named_like_no_member_of_every_problem(module: Path) -> None:
    raised = [
        node.exc
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    ]
    facts = {
        keyword.arg
        for call in raised
        if ast.unparse(call.func) not in SAY_WHAT_CHANNELS_WERE_PROMISED
        for keyword in call.keywords
    }

    assert not facts & OF_EVERY_PROBLEM
