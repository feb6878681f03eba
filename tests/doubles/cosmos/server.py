"""Serves the endpoint on a socket, in a thread of the test process or in its own process."""

import argparse
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from tests.doubles.cosmos.endpoint import Endpoint

KEY = "bm9ib2R5IGtub3dzIHRoaXMga2V5"


def connection_string(url: str) -> str:
    return f"AccountEndpoint={url};AccountKey={KEY};"


@contextmanager
def served(endpoint: Endpoint) -> Iterator[Endpoint]:
    """Serve the endpoint on a free port until the end of the block."""
    server, listening = _server(endpoint, 0)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield endpoint
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def served_elsewhere() -> Iterator[Endpoint]:
    """Serve in a process of its own, so that it takes no time from this one; yield where it is."""
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        elsewhere = Endpoint()
        elsewhere.url = process.stdout.readline().split(";")[0].removeprefix("AccountEndpoint=")
        try:
            yield elsewhere
        finally:
            process.terminate()


def _server(endpoint: Endpoint, port: int) -> tuple[uvicorn.Server, socket.socket]:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    endpoint.url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    config = uvicorn.Config(
        endpoint, log_config=None, access_log=False, lifespan="off", timeout_keep_alive=60
    )
    return uvicorn.Server(config), listening


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.doubles.cosmos.server", description=__doc__
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="milliseconds before each answer")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    endpoint = Endpoint()
    endpoint.faults.delay = options.delay / 1000
    server, listening = _server(endpoint, options.port)
    print(connection_string(endpoint.url), flush=True)  # noqa: T201
    server.run([listening])


if __name__ == "__main__":
    main()
