"""Tables and indexes for the containers of topology.json."""

import sqlite3
from pathlib import Path

from shared.platform.topology import Container, containers

# A write removes the old row and adds a new one, so `seq` is the order of last writes: the
# change feed is a walk along the primary key, and needs no log of its own.
TABLE = """
CREATE TABLE IF NOT EXISTS {name} (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    partition TEXT NOT NULL,
    id TEXT NOT NULL,
    etag TEXT NOT NULL,
    body TEXT NOT NULL,
    expires REAL,
    UNIQUE (partition, id)
)"""
EXPIRY = "CREATE INDEX IF NOT EXISTS {name}_expires ON {name} (expires) WHERE expires IS NOT NULL"
PATIENCE = 30.0  # seconds to wait for another process's commit


def connect(path: Path, *, cache: int) -> sqlite3.Connection:
    """Open the file so that a commit that has returned survives a power cut; `cache` is in KiB."""
    db = sqlite3.connect(
        path, timeout=PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA wal_autocheckpoint = 8000")  # pages written often are copied once
    db.execute(f"PRAGMA cache_size = -{cache:d}")
    return db


def create(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    for container in containers().values():
        for statement in (TABLE, EXPIRY):
            db.execute(statement.format(name=container.name))
        for paths in container.composite:
            db.execute(_index(container, paths))
    db.execute("COMMIT")


def column(path: str) -> str:
    """Return the SQL for the value at a path such as `sort.name` or `/sort/name`."""
    name = path.strip("/").replace("/", ".")
    if not name.replace(".", "").isalnum():
        raise ValueError(f"{path!r} is not a path of a document")
    return "id" if name == "id" else f"json_extract(body, '$.{name}')"


def _index(container: Container, paths: tuple[str, ...]) -> str:
    name = "_".join([container.name, *(path.strip("/").replace("/", "_") for path in paths)])
    columns = ", ".join(["partition", *(column(path) for path in paths), "id"])
    return f"CREATE INDEX IF NOT EXISTS {name} ON {container.name} ({columns})"
