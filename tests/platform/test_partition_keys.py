"""One company spreads over physical partitions: the finer level of a key decides where it goes."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from azure.cosmos.partition_key import PartitionKey

from local.demo import company as demo
from local.folder import Folder
from shared.platform.topology import containers

RANGES = 4  # of equal size, as a container with four physical partitions has
HASHES = 1 << 30  # of the first four bytes of a hash, whose two highest bits are 0
SMALL = {"settings", "leases"}  # however large a company is
KEYS_BY_CUSTOMER = ["customers", "directory"]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """The store of the demo company, in which each key of a partition is a line of one text."""
    folder = Folder(tmp_path_factory.mktemp("demo"))
    demo.fill(folder, "sqlite")
    db = sqlite3.connect(folder.database)
    yield db
    db.close()


def range_of(container: str, partition: str) -> int:
    """Return which range holds the partition, by the hash of the SDK."""
    paths = list(containers()[container].partition_key)
    key = PartitionKey(path=paths, kind="MultiHash")
    effective: Any = key._get_effective_partition_key_string(partition.split("\n"))
    return int(effective[:8], 16) * RANGES // HASHES


@pytest.mark.parametrize("container", KEYS_BY_CUSTOMER)
def test_one_company_is_spread_over_all_ranges(
    database: sqlite3.Connection, container: str
) -> None:
    rows = database.execute(f"SELECT partition FROM {container}")  # one of ours
    documents = Counter(range_of(container, partition) for (partition,) in rows)

    assert len(documents) == RANGES
    assert max(documents.values()) <= documents.total() / 2, documents


def test_the_company_is_the_first_level_of_small_containers_only() -> None:
    first = {name for name, one in containers().items() if one.partition_key[0] == "/legalEntity"}

    assert first <= SMALL
