"""Tables and indexes for the containers of topology.json."""

import sqlite3
from pathlib import Path

from local.private import private_file
from shared.platform.topology import Container, containers

# A write removes the old row and adds a new one, so `seq` is the order of the last writes: the
# change feed reads along the primary key and needs no log of its own.
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
FORMAT = 1  # of the file; before it was numbered, the company came first in every partition
TURN_ROUND = """
UPDATE {name} SET partition = substr(partition, instr(partition, char(10)) + 1)
    || char(10) || substr(partition, 1, instr(partition, char(10)) - 1)"""
EXPIRY = "CREATE INDEX IF NOT EXISTS {name}_expires ON {name} (expires) WHERE expires IS NOT NULL"
LOCK_TIMEOUT_SECONDS = 30.0  # while another process commits


def connect(path: Path, *, cache: int) -> sqlite3.Connection:
    """Open the file so that a returned commit survives a power failure; `cache` is in KiB.

    It is readable for its owner alone, and so is its log, which SQLite makes with the same mode.
    """
    private_file(path)
    db = sqlite3.connect(
        path,
        timeout=LOCK_TIMEOUT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")  # what was erased must not stay in free pages
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
        for path in container.looked_up:
            db.execute(f"{_index(container, (path,))} WHERE {column(path)} IS NOT NULL")
    _upgrade(db)
    db.execute("COMMIT")


def column(path: str) -> str:
    """Return the SQL for the value at a path such as `sort.name` or `/sort/name`."""
    name = path.strip("/").replace("/", ".")
    if not name.replace(".", "").isalnum():
        raise ValueError(f"{path!r} is not a path of a document")
    return "id" if name == "id" else f"json_extract(body, '$.{name}')"


def _upgrade(db: sqlite3.Connection) -> None:
    """Bring a file of an older format to the current one."""
    [stored] = db.execute("PRAGMA user_version").fetchone()
    if stored >= FORMAT:
        return
    if stored == 0:
        for container in containers().values():
            if container.partition_key[1:] == ("/legalEntity",):
                db.execute(TURN_ROUND.format(name=container.name))
    db.execute(f"PRAGMA user_version = {FORMAT:d}")


def _index(container: Container, paths: tuple[str, ...]) -> str:
    name = "_".join([container.name, *(path.strip("/").replace("/", "_") for path in paths)])
    columns = ", ".join(["partition", *(column(path) for path in paths), "id"])
    return f"CREATE INDEX IF NOT EXISTS {name} ON {container.name} ({columns})"
