"""The commands of one machine: serve, token, import, dead-letters, erasures, emulators, trace."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from local.commands import dead_letters, emulators, erasures, importer, serve, token, trace
from local.private import OWNER_ONLY

DATA = Path(".local")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (serve, token, importer, dead_letters, erasures, emulators, trace):
        module.add_to(commands, DATA)
    options = parser.parse_args(arguments)
    os.umask(OWNER_ONLY)  # what a command writes holds customers, keys, or what was logged of them
    status: int = options.run(options)
    return status
