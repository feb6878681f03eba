"""python -m local dead-letters: look at the messages that were given up, send them again."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from local.bus.choice import BUSES
from local.folder import Folder
from local.store.choice import STORES
from shared.core.errors import Refusal
from shared.platform.topology import messaging
from shared.ports.bus import Bus
from shared.ports.documents import Documents
from shared.sync import dead_letters as usecases
from shared.sync.dead_letters import of_anyone

PAGE = 100

Action = Callable[[argparse.Namespace, Bus, Documents], Awaitable[None]]


def add_to(commands: Any, data: Path) -> None:
    parser = commands.add_parser(
        "dead-letters", help="see and replay messages that were given up", description=__doc__
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, default=data, help="folder; default: %(default)s")
    common.add_argument("--store", choices=sorted(STORES), default="sqlite")
    common.add_argument("--bus", choices=sorted(BUSES), default="embedded")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, action, words in (
        ("list", _list, "one line for each: id, since when, why"),
        ("show", _show, "everything about one"),
        ("replay", _replay, "send one again, at the end of its queue"),
        ("drop", _drop, "remove one for good"),
    ):
        one = actions.add_parser(name, help=words, parents=[common])
        if name != "list":
            one.add_argument("id", help="as `list` prints it")
        if name == "replay":
            one.add_argument("--body", type=Path, help="file with the message, put right")
        one.set_defaults(run=run, action=action)


def run(options: argparse.Namespace) -> int:
    try:
        asyncio.run(_run(options.action, options))
    except Refusal as exc:
        print(exc.detail, file=sys.stderr)
        return 1
    return 0


async def _run(action: Action, options: argparse.Namespace) -> None:
    folder = Folder(options.data)
    async with (
        STORES[options.store](folder) as documents,
        BUSES[options.bus](folder, messaging()) as bus,
    ):
        await action(options, bus.port, documents)


async def _list(_: argparse.Namespace, bus: Bus, documents: Documents) -> None:
    after, count = None, 0
    while True:
        found, after = await usecases.list_dead_letters(
            of_anyone, limit=PAGE, after=after, bus=bus, documents=documents
        )
        for one in found:
            why = one.failure.detail if one.failure else one.reason
            print(f"{one.id}\t{one.enqueued_at:%Y-%m-%d %H:%M:%S}\t{why}")
        count += len(found)
        if after is None:
            break
    print(f"{count} dead letters", file=sys.stderr)


async def _show(options: argparse.Namespace, bus: Bus, documents: Documents) -> None:
    found = await usecases.read_dead_letter(options.id, of_anyone, bus=bus, documents=documents)
    print(to_json(found, by_alias=True, indent=2).decode())


async def _replay(options: argparse.Namespace, bus: Bus, _: Documents) -> None:
    body = options.body.read_bytes() if options.body else None
    await usecases.replay_dead_letter(options.id, of_anyone, body=body, bus=bus)


async def _drop(options: argparse.Namespace, bus: Bus, _: Documents) -> None:
    await usecases.drop_dead_letter(options.id, of_anyone, bus=bus)
