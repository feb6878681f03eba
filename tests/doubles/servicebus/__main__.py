"""python -m tests.doubles.servicebus [--host H] [--port P] config.json"""
import argparse
import asyncio
import json

from tests.doubles.servicebus import build
from tests.doubles.servicebus.server import Broker


async def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.doubles.servicebus")
    parser.add_argument("config")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5672)
    args = parser.parse_args()
    with open(args.config, encoding="utf-8") as file:
        broker = Broker(build(json.load(file)))
    port = await broker.start(args.host, args.port)
    print(f"listening on {args.host}:{port}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
