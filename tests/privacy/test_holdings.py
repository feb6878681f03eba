"""Each type of document is in the list of holdings, or is known to be about no customer."""

import re
from pathlib import Path

import pytest

from local.folder import Folder
from shared.composition.holdings import HOLDINGS
from tests.doubles.cosmos.endpoint import Endpoint
from tools.operations.table import measured

# By container: types, or where there is none the first word of the partition.
ABOUT_NO_CUSTOMER = {
    "customers": set(),
    # A number, which stays; a hash; and which settings were removed lately.
    "directory": {"account", "consent expiring", "setting-removals"},
    "books": {"book", "plan"},
    "settings": {"*"},
    # Runs name customers by their GUID alone, for whom they wait; they expire after 90 days. An
    # audit that has not ended names the one that it looked at last.
    "distribution": {
        "upload-session", "upload-running", "distribution-job", "distribution-clock",
        "channels-seen", "distribution-run", "distribution-groups", "distribution-progress",
        "group-result", "chain", "package", "build", "built", "full-wanted", "position",
        "download-session", "registration", "subject", "orphaned-parts", "index-audit",
    },
    "changes": {"head"},
    # Not found by the customer: they expire, and the certificate says when.
    "requests": {
        "answer", "import", "import-chunk", "import-places", "import-problem", "relayed", "failure",
        "consent-confirmation", "consent-confirmation-newest",
    },
}  # fmt: skip
TABLE = Path(__file__).parents[2] / "docs" / "concepts" / "privacy.md"
NAME = re.compile("`([^`]+)`")
ENTRIES = {"w", "p"}  # buckets of the directory
LISTING = "n"


def kind_of(container: str, document: dict[str, object], key: tuple[object, ...]) -> str:
    if container == "settings":
        return "*"
    if container == "directory" and "type" not in document:
        bucket = str(key[0]).partition(":")[0]
        return "entry" if bucket in ENTRIES else "listing" if bucket == LISTING else bucket
    if container == "distribution" and document["id"] == "upload-running":
        return "upload-running"
    return str(document.get("type", document["id"]))


@pytest.fixture
async def stored(cosmos_endpoint: Endpoint, tmp_path: Path) -> set[tuple[str, str]]:
    """Ask every operation, and return the types of what is stored then, by container."""
    await measured(cosmos_endpoint, Folder(tmp_path), tmp_path.name)
    return {
        (name, kind_of(name, item, key))
        for name, container in cosmos_endpoint.database(tmp_path.name).items()
        for key, items in container.partitions.items()
        for item in [stored.body for stored in items.values() if stored.body]
    }


async def test_a_new_type_of_document_needs_a_holding(stored: set[tuple[str, str]]) -> None:
    held = {(one.container, kind) for one in HOLDINGS for kind in one.types}
    others = {(name, kind) for name, kinds in ABOUT_NO_CUSTOMER.items() for kind in kinds}

    assert {name for name, _ in stored} >= {"customers", "directory", "books", "distribution"}
    assert stored - held - others == set()
    assert held & others == set()


def test_the_table_of_the_documentation_has_every_type() -> None:
    held = {(one.container, kind) for one in HOLDINGS for kind in one.types}
    others = {(name, kind) for name, kinds in ABOUT_NO_CUSTOMER.items() for kind in kinds}
    rows = [line.split("|")[1:3] for line in TABLE.read_text().splitlines() if line[:3] == "| `"]
    listed = [(NAME.findall(name)[0], kind) for name, kinds in rows for kind in NAME.findall(kinds)]

    assert len(listed) == len(set(listed)), "each once"
    assert set(listed) == held | others


def test_each_holding_has_a_step_that_empties_it() -> None:
    steps = {
        "freeze",
        "suppress",
        "books",
        "partition",
        "ledger",
        "directory",
        "channels",
        "verify",
    }

    assert {holding.step for holding in HOLDINGS} == steps
