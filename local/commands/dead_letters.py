"""python -m local dead-letters: inspect the dead-lettered messages, and replay or drop them."""

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
from shared.sync.dead_letters import of_any_company

PAGE_SIZE = 100

Action = Callable[[argparse.Namespace, Bus, Documents], Awaitable[None]]


def add_to(commands: Any, data: Path) -> None:
    parser = commands.add_parser(
        "dead-letters", help="inspect and replay dead-lettered messages", description=__doc__
    )
    shared_options = argparse.ArgumentParser(add_help=False)
    shared_options.add_argument(
        "--data", type=Path, default=data, help="folder; default: %(default)s"
    )
    shared_options.add_argument("--store", choices=sorted(STORES), default="sqlite")
    shared_options.add_argument("--bus", choices=sorted(BUSES), default="embedded")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, action, description in (
        ("list", _list, "print a line for each: id, time of arrival, reason"),
        ("show", _show, "print one with its message"),
        ("replay", _replay, "send one again, to the end of its queue"),
        ("drop", _drop, "delete one permanently"),
    ):
        action_parser = actions.add_parser(name, help=description, parents=[shared_options])
        if name != "list":
            action_parser.add_argument("id", help="as printed by `list`")
        if name == "replay":
            action_parser.add_argument("--body", type=Path, help="file with the corrected message")
        action_parser.set_defaults(run=run, action=action)


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
    position, count = None, 0
    while True:
        page = await usecases.list_dead_letters(
            of_any_company, limit=PAGE_SIZE, after=position, bus=bus, documents=documents
        )
        for message in page.dead_letters:
            reason = message.failure.detail if message.failure else message.reason
            print(f"{message.id}\t{message.enqueued_at:%Y-%m-%d %H:%M:%S}\t{reason}")
        count += len(page.dead_letters)
        position = page.next_position
        if position is None:
            break
    print(f"{count} dead letters", file=sys.stderr)


async def _show(options: argparse.Namespace, bus: Bus, documents: Documents) -> None:
    message = await usecases.read_dead_letter(
        options.id, of_any_company, bus=bus, documents=documents
    )
    print(to_json(message, by_alias=True, indent=2).decode())


async def _replay(options: argparse.Namespace, bus: Bus, _: Documents) -> None:
    body = options.body.read_bytes() if options.body else None
    await usecases.replay_dead_letter(options.id, of_any_company, body=body, bus=bus)


async def _drop(options: argparse.Namespace, bus: Bus, _: Documents) -> None:
    await usecases.drop_dead_letter(options.id, of_any_company, bus=bus)
