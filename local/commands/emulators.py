"""python -m local emulators: configure Microsoft's emulators, wait for them, seed them."""

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from local.emulators.configuration import CONNECTIONS, FOLDER, Emulators

HEALTH: Mapping[str, str] = {
    "Cosmos DB": "http://localhost:8080/ready",
    "Service Bus": "http://localhost:5300/health",
}
TIMEOUT_SECONDS = 180.0  # the first start of SQL Server takes one or two minutes
POLL_SECONDS = 1.0


def add_to(commands: argparse._SubParsersAction, data: Path) -> None:  # type: ignore[type-arg]  # noqa: ARG001
    parser = commands.add_parser(
        "emulators", help="configure Microsoft's emulators, wait for them", description=__doc__
    )
    parser.add_argument("--write", action="store_true", help="write emulators/ from topology.json")
    parser.add_argument("--check", action="store_true", help="fail if emulators/ is not up to date")
    parser.add_argument("--wait", action="store_true", help="wait until they respond")
    parser.add_argument(
        "--seed", action="store_true", help="create the containers they keep things in"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    emulators = Emulators()
    if options.write:
        emulators.write(options.folder)
        print(*emulators.differences, sep="\n")
    if options.check and (outdated := emulators.outdated(options.folder)):
        print(f"Not up to date: {', '.join(outdated)}. Run with --write.", file=sys.stderr)
        return 1
    if options.wait and (silent := waiting(HEALTH, TIMEOUT_SECONDS)):
        print(f"No answer from {', '.join(silent)}.", file=sys.stderr)
        return 1
    if options.seed:
        # Imported here, so that no other command loads the SDK.
        from local.emulators.seed import seed, seed_packages  # noqa: PLC0415

        asyncio.run(seed(CONNECTIONS["COSMOS"]))
        asyncio.run(seed_packages(CONNECTIONS["PACKAGES"]))
        print(*(f"export {name}='{text}'" for name, text in CONNECTIONS.items()), sep="\n")
    return 0


def waiting(health: Mapping[str, str], patience: float) -> list[str]:
    """Wait for all of them; return the names of those that did not respond in time."""
    deadline = time.monotonic() + patience
    silent = list(health)
    while silent and time.monotonic() < deadline:
        silent = [name for name in silent if not _answers(health[name])]
        if silent:
            time.sleep(POLL_SECONDS)
    return silent


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=POLL_SECONDS) as response:  # noqa: S310  # one of HEALTH
            return bool(response.status < 300)  # noqa: PLR2004  # any success
    except (URLError, OSError):
        return False
