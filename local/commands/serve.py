"""python -m local serve: serve every trigger of the app from a data folder."""

import argparse
import signal
import socket
import sys
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from local.bus.choice import BUSES
from local.commands.token import DEMO_BEARER
from local.demo import company as demo
from local.folder import Folder
from local.host import logs
from local.host.wire.limits import UVICORN
from local.insights import INSIGHTS
from local.store.choice import STORES
from local.telemetry import telemetry_named

SHUTDOWN_SECONDS = 10  # for requests in progress
NOT_FOR_OTHERS = """\
This address is open to other machines, over plain HTTP: tokens and customers can be read on the
way. Put something in front that speaks TLS."""
WELCOME = """\
Libro is running on {url}

  API browser  {url}/api/docs
  Health       {url}/api/health/ready
  Sample token for the worker 000160 of the store HOUSTON in the company USRT:

  export TOKEN={token}
  curl -H "Authorization: Bearer $TOKEN" "{url}/api/v1/USRT/customers?limit=3"

Data in {folder}. Stop with Ctrl-C.
"""


@dataclass(frozen=True)
class Factory:
    """Creates the ASGI app; small enough to be sent to another process."""

    folder: Path
    level: str
    log_format: str
    store: str
    bus: str
    insights: str
    telemetry: str | None
    azure_polls: bool
    origins: list[str]

    def __call__(self) -> Any:
        # Imported here, so that the supervising process stays small.
        from function_app import app  # noqa: PLC0415
        from local.host.app import Host  # noqa: PLC0415
        from local.host.web.origins import with_origins  # noqa: PLC0415

        logs.set_up(level=self.level, form=self.log_format)
        host = Host(
            app,
            Folder(self.folder),
            STORES[self.store],
            BUSES[self.bus],
            INSIGHTS[self.insights],
            telemetry_named(self.telemetry),
            azure_polls=self.azure_polls,
            makes_up=True,
        )
        return with_origins(host, self.origins)


def add_to(commands: Any, data: Path) -> None:
    parser = commands.add_parser("serve", help="start the host", description=__doc__)
    parser.add_argument("--port", type=int, default=7071, help="default: %(default)s")
    parser.add_argument("--bind", default="127.0.0.1", help="address; default: %(default)s")
    parser.add_argument("--data", type=Path, default=data, help="folder; default: %(default)s")
    parser.add_argument("--demo", action="store_true", help="fill an empty folder with demo data")
    parser.add_argument(
        "--store", choices=sorted(STORES), default="sqlite",
        help="cosmos: the account that the settings name; default: %(default)s",
    )  # fmt: skip
    parser.add_argument(
        "--bus", choices=sorted(BUSES), default="embedded",
        help="servicebus: the namespace that the settings name; default: %(default)s",
    )  # fmt: skip
    parser.add_argument(
        "--insights", choices=sorted(INSIGHTS), default="embedded",
        help="customer-insights: the environment that the settings name; default: %(default)s",
    )  # fmt: skip
    parser.add_argument(
        "--telemetry", metavar="WHERE", type=_telemetry,
        help="console, otlp, file:PATH or off; default: the setting TELEMETRY, else off",
    )  # fmt: skip
    parser.add_argument(
        "--polls-as-azure", action="store_true",
        help="look for changes as rarely as the triggers do in Azure, instead of at once",
    )  # fmt: skip
    parser.add_argument("--workers", type=int, default=1, help="processes; default: %(default)s")
    parser.add_argument(
        "--origin", action="append", default=[], metavar="URL",
        help="of pages that may call from a browser, as CORS_ORIGINS in Azure; may be repeated",
    )  # fmt: skip
    parser.add_argument("--log-format", choices=["text", "json"], default="text")
    parser.add_argument("--log-level", choices=["debug", "info", "warning"], default="info")
    parser.set_defaults(run=run)


def _telemetry(text: str) -> str:
    if text not in {"off", "console", "otlp"} and not text.startswith("file:"):
        raise argparse.ArgumentTypeError(f"{text} is none of console, otlp, file:PATH, off")
    return text


def run(options: argparse.Namespace) -> int:
    logs.set_up(level=options.log_level, form=options.log_format)
    folder = Folder(options.data)
    if options.demo:
        demo.fill(folder, options.store)
    listening = _listen(options.bind, options.port)
    if listening is None:
        return 1
    if not ip_address(listening.getsockname()[0]).is_loopback:
        print(NOT_FOR_OTHERS, file=sys.stderr)
    with listening:
        _welcome(folder, listening)
        _serve(_config(options), options.workers, listening)
    return 0


def _config(options: argparse.Namespace) -> uvicorn.Config:
    return uvicorn.Config(
        Factory(
            folder=options.data,
            level=options.log_level,
            log_format=options.log_format,
            store=options.store,
            bus=options.bus,
            insights=options.insights,
            telemetry=options.telemetry,
            azure_polls=options.polls_as_azure,
            origins=options.origin,
        ),
        factory=True,
        workers=options.workers,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        **UVICORN,
    )


def _serve(config: uvicorn.Config, workers: int, listening: socket.socket) -> None:
    if workers > 1:
        Multiprocess(config, [listening]).run()
    else:
        # After a graceful shutdown uvicorn raises the signal again, although it was handled.
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: None)
        uvicorn.Server(config).run([listening])


def _listen(address: str, port: int) -> socket.socket | None:
    """Return the bound socket, or None after printing why the port cannot be used."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
    except OSError as exc:
        listening.close()
        print(f"Port {port} cannot be used ({exc.strerror}); try --port.", file=sys.stderr)
        return None
    listening.set_inheritable(True)
    return listening


def _welcome(folder: Folder, listening: socket.socket) -> None:
    host, port = listening.getsockname()
    token = folder.tokens().issue(DEMO_BEARER)
    url = f"http://{host}:{port}"
    print(WELCOME.format(url=url, token=token, folder=folder.path.resolve()), flush=True)
