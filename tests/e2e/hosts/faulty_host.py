"""A host that fails and dies as it is told: the real app over its own files, in a process."""

import argparse
import json
import os
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any

import azure.functions as func
import uvicorn

from function_app import app
from local.bus.choice import Opened, embedded
from local.folder import Folder
from local.host.app import Host
from local.host.functions import Function
from local.store.choice import sqlite
from shared.composition.metered import Metered
from shared.platform.topology import Messaging
from shared.ports.documents import (
    Document,
    Documents,
    Operation,
    Partition,
    Placed,
    StoreUnavailable,
)

FAULTY = "synchronize_customer"
suffering: ContextVar[bool] = ContextVar("suffering", default=False)
told: list[Any] = []


@app.service_bus_topic_trigger(
    arg_name="msg",
    topic_name="events",
    subscription_name="probe",
    connection="SERVICEBUS",
    is_sessions_enabled=True,
)
async def keep_event(msg: func.ServiceBusMessage) -> None:
    event = json.loads(msg.get_body())
    told[0].write(f"{event['subject']} {event['data']['version']} {event['type']}\n")
    told[0].flush()


class Failing(Metered):
    """A store that fails a share of the calls of the function that suffers from it."""

    def __init__(self, documents: Documents, share: float) -> None:
        super().__init__(documents)
        self.share = share

    def _fail(self) -> None:
        if suffering.get() and random.random() < self.share:
            raise StoreUnavailable("as it was told to")

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        self._fail()
        return await super().read(container, partition, document_id)

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        self._fail()
        return await super().commit(container, partition, operations)

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        self._fail()
        return await super().scatter(container, writes, seal)


def dying(function: Function, moment: str) -> Function:
    """Make the process end when the function is about to begin, or has just ended."""

    async def call(**values: Any) -> None:
        if moment == "before":
            os._exit(9)
        await function.call(**values)
        os._exit(9)

    return replace(function, call=call)


def failing(function: Function) -> Function:
    async def call(**values: Any) -> None:
        suffering.set(True)
        await function.call(**values)

    return replace(function, call=call)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--share", type=float, default=0.0)
    parser.add_argument("--die", default="", help="FUNCTION:before or FUNCTION:after")
    parser.add_argument("--lock", type=float, default=30.0)
    options = parser.parse_args()
    told.append((options.data / "told.txt").open("a"))

    @asynccontextmanager
    async def store(folder: Folder) -> AsyncIterator[Any]:
        async with sqlite(folder) as documents:
            yield Failing(documents, options.share)

    @asynccontextmanager
    async def bus(folder: Folder, layout: Messaging) -> AsyncIterator[Opened]:
        queues = {name: replace(one, lock=options.lock) for name, one in layout.queues.items()}
        topics = {
            name: replace(
                one,
                subscriptions=tuple(replace(sub, lock=options.lock) for sub in one.subscriptions),
            )
            for name, one in layout.topics.items()
        }
        async with embedded(folder, Messaging(queues, topics)) as opened:
            yield opened

    host = Host(app, Folder(options.data), store, bus)
    name, _, moment = options.die.partition(":")
    for index, one in enumerate(host.functions):
        if one.name == name:
            host.functions[index] = dying(one, moment)
        elif one.name == FAULTY:
            host.functions[index] = failing(one)
    uvicorn.run(host, port=options.port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
