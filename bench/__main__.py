"""python -m bench: start a host in a temporary folder, load it, print one JSON line per operation.

The ratio of an operation is its rate over the rate of a function without work on the same host,
measured immediately before and after it. The result is the median of several rounds.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvloop

from bench import cosmos
from bench.books import measure_books
from bench.consents import measure_consents
from bench.distribution import measure_distribution
from bench.load import Request
from bench.plan import measure
from bench.requests import COMPANY
from bench.target import ROOT, Target
from local.commands.token import DEMO_BEARER
from local.folder import Folder
from local.tokens import Bearer

# What is measured is what a request costs, and not the bucket of one associate.
AS_OFTEN_AS_IT_LIKES = Request(
    "PATCH", f"{COMPANY}/parameters", {"employeeRequestsASecond": 0}, (("If-Match", "*"),)
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer customers, shorter runs")
    parser.add_argument("--concurrency", type=int, help="default: 16, over Cosmos DB 64")
    parser.add_argument("--store", choices=["sqlite", "cosmos"], default="sqlite")
    parser.add_argument("--only-books", action="store_true", help="clienteling alone")
    parser.add_argument("--only-consents", action="store_true", help="consent and privacy alone")
    parser.add_argument("--only-distribution", action="store_true", help="distribution alone")
    parser.add_argument("--workers", type=int, default=1, help="default: %(default)s")
    options = parser.parse_args()
    over_cosmos = options.store == "cosmos"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = stack.enter_context(cosmos.endpoint()) if over_cosmos else None
        target = stack.enter_context(_host(folder, options, environment))
        uvloop.run(_print(target, options))
    return 0


async def _print(target: Target, options: argparse.Namespace) -> None:
    over_cosmos = options.store == "cosmos"
    measure_customers = cosmos.measure if over_cosmos else measure
    concurrency = options.concurrency or (64 if over_cosmos else 16)
    benchmarks = [measure_customers] if over_cosmos else [measure_customers, measure_books]
    if not over_cosmos:
        benchmarks += [measure_consents, measure_distribution]
    alone = {
        measure_books: options.only_books,
        measure_consents: options.only_consents,
        measure_distribution: options.only_distribution,
    }
    benchmarks = [benchmark for benchmark, is_asked in alone.items() if is_asked] or benchmarks
    await target.send(AS_OFTEN_AS_IT_LIKES, target.administrator_token)
    for benchmark in benchmarks:
        async for line in benchmark(target, quick=options.quick, concurrency=concurrency):
            print(json.dumps(line), flush=True)


@contextmanager
def _host(
    folder: Path, options: argparse.Namespace, environment: dict[str, str] | None
) -> Iterator[Target]:
    command = [
        sys.executable, "-m", "local", "serve", "--demo", "--port", "0",
        "--data", str(folder), "--workers", str(options.workers), "--store", options.store,
        "--log-level", "warning",
    ]  # fmt: skip
    with subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield _target(process, folder)
        finally:
            process.send_signal(signal.SIGTERM)


def _target(process: "subprocess.Popen[str]", folder: Path) -> Target:
    output = ""
    for line in process.stdout or ():
        output += line
        if line.startswith("Data in"):
            break
    url = re.search(r"running on http://([\d.]+):(\d+)", output)
    if url is None:
        raise RuntimeError(f"the host did not start: {output}")
    tokens = Folder(folder).tokens()
    associate = tokens.issue(DEMO_BEARER)
    application = tokens.issue(Bearer("Application", ("USRT",), subject="bench"))
    administrator = tokens.issue(Bearer("Administrator", ("USRT",), subject="bench"))
    return Target(url[1], int(url[2]), associate, application, administrator, process.pid, folder)


if __name__ == "__main__":
    sys.exit(main())
