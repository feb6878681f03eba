"""Real customers: a sample that is here, or all of them where `--long` asks for them."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.tracked import ROOT

SAMPLE = ROOT / "tests" / "data" / "adventureworks-600.jsonl.gz"
ALL = ROOT.parent / "shared" / "data" / "adventureworks-customers.jsonl.gz"


def real_customers(config: pytest.Config) -> Path:
    """Return the file: 600 customers, or with `--long` all 18,148; skip where they are absent."""
    if not config.getoption("--long"):
        return SAMPLE
    if not ALL.exists():
        pytest.skip("the whole file of AdventureWorks customers is not here")
    return ALL


def read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]
