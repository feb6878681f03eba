"""python -m local import: load customers from a file through the HTTP API.

You can stop it at any time and start it again: customers that were loaded are not loaded twice.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import httpx

from local.commands.import_client import ImportClient, Refused
from local.commands.import_source import BadSource, Source
from local.commands.progress import Progress
from local.folder import Folder
from local.maps import BadMap, Map
from local.tokens import Bearer

LINES_PER_REQUEST = 2000


def add_to(commands: Any, data: Path) -> None:
    parser = commands.add_parser("import", help="load customers from a file", description=__doc__)
    parser.add_argument("file", type=Path, help="JSON lines, plain or .gz")
    parser.add_argument("--legal-entity", required=True)
    parser.add_argument("--store", required=True, help="the store of lines without one")
    parser.add_argument("--map", type=Path, help="mapping, such as local/maps/adventureworks.json")
    parser.add_argument("--url", default="http://127.0.0.1:7071", help="default: %(default)s")
    parser.add_argument("--token", help="for another host; default: one of this machine")
    parser.add_argument("--data", type=Path, default=data, help="folder; default: %(default)s")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        mapping = Map.read(options.map) if options.map else None
        source = Source(options.file, mapping, options.legal_entity)
        return _load(options, source)
    except (BadMap, BadSource, Refused) as exc:
        print(exc, file=sys.stderr)
    except httpx.ConnectError:
        print(f"No response from {options.url}. Start the host: make run", file=sys.stderr)
    except httpx.TransportError as exc:
        print(
            f"The connection to the host broke ({exc}). Start the host and run this again.",
            file=sys.stderr,
        )
    return 2


def _load(options: argparse.Namespace, source: Source) -> int:
    folder = Folder(options.data)
    token = options.token or folder.tokens().issue(
        Bearer("Application", (options.legal_entity,), subject="import")
    )
    client = ImportClient(options.url, token, options.legal_entity, options.store)
    refusals = _refusals_file(options.file, folder)
    with client, Progress(source.total) as progress, refusals.open("w") as out:
        for part in source.parts(LINES_PER_REQUEST):
            out.writelines(client.load(part, progress))
    print(progress.summary())
    if progress.refused:
        print(f"The refused lines, with their problems: {refusals}")
        return 1
    refusals.unlink()
    return 0


def _refusals_file(file: Path, folder: Folder) -> Path:
    """Return the file for refused lines: beside the source, or in the data folder if read-only."""
    beside = file.with_name(f"{file.name}.refused.jsonl")
    try:
        beside.touch()
    except OSError:
        folder.imports.mkdir(exist_ok=True)
        return folder.imports / beside.name
    return beside
