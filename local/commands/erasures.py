"""python -m local erasures: who was erased, and erasing them again after a restore."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic_core import from_json, to_json

from local.bus.choice import BUSES
from local.folder import Folder
from local.store.choice import STORES
from shared.composition import wiring
from shared.composition.wiring import Backend
from shared.configuration.companies import every_company
from shared.core.errors import Conflict, NotFound, Refusal
from shared.platform.topology import messaging
from shared.privacy.documents import all_erased
from shared.privacy.domain.erasures import NewErasure
from shared.privacy.erasing.requesting import request_erasure

ACTOR: Final = "system:replay"
REASON: Final = NewErasure(reason="Erased before the backup was restored", immediately=True)


class Erased(NamedTuple):
    """A customer of a company, and when they were erased."""

    legal_entity: str
    customer_id: str
    erased_at: datetime


def add_to(commands: Any, data: Path) -> None:
    parser = commands.add_parser(
        "erasures", help="list who was erased, or erase them again", description=__doc__
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, description in (
        ("list", "print a line of JSON for each: company, GUID and date, and nothing else"),
        ("replay", "after a restore: erase again who was erased, and has come back"),
    ):
        action = actions.add_parser(name, help=description)
        action.add_argument("--data", type=Path, default=data, help="folder; default: %(default)s")
        action.add_argument("--store", choices=sorted(STORES), default="sqlite")
        action.add_argument("--bus", choices=sorted(BUSES), default="embedded")
        if name == "replay":
            action.add_argument(
                "--from", dest="file", type=Path,
                help="what `list` has printed; without it, what the store itself remembers",
            )  # fmt: skip
        action.set_defaults(run=run, action=_list if name == "list" else _replay)


def run(options: argparse.Namespace) -> int:
    try:
        asyncio.run(_run(options))
    except Refusal as exc:
        print(exc.detail, file=sys.stderr)
        return 1
    return 0


async def _run(options: argparse.Namespace) -> None:
    folder = Folder(options.data)
    async with (
        STORES[options.store](folder) as documents,
        BUSES[options.bus](folder, messaging()) as bus,
    ):
        backend = wiring.install(folder.backend(documents, bus.port))
        await options.action(options, backend)


async def _list(_: argparse.Namespace, backend: Backend) -> None:
    count = 0
    async for erased in _remembered(backend):
        print(to_json(erased._asdict()).decode())
        count += 1
    print(f"{count} erased", file=sys.stderr)


async def _replay(options: argparse.Namespace, backend: Backend) -> None:
    """Request each erasure again; the app that runs carries it out."""
    listed = _read(options.file) if options.file else [one async for one in _remembered(backend)]
    requested = 0
    for erased in listed:
        context = backend.context(erased.legal_entity, ACTOR, datetime.now(UTC))
        try:
            erasure = await request_erasure(erased.customer_id, REASON, context=context)
        except NotFound:
            continue  # it was made after the backup
        except Conflict as exc:
            print(f"{erased.customer_id}: {exc.detail}", file=sys.stderr)
            continue
        requested += erasure.value.state != "Completed"
    print(f"{requested} of {len(listed)} are erased again, as soon as the app runs")


async def _remembered(backend: Backend) -> AsyncIterator[Erased]:
    for legal_entity in await every_company(backend.documents):
        context = backend.context(legal_entity, ACTOR, datetime.now(UTC))
        async for key, at in all_erased(context):
            yield Erased(legal_entity, key, at)


def _read(file: Path) -> list[Erased]:
    lines = (from_json(line) for line in file.read_text().splitlines() if line.strip())
    return [
        Erased(line["legal_entity"], line["customer_id"], datetime.fromisoformat(line["erased_at"]))
        for line in lines
    ]
