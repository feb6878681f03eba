"""Ask a deployed app twenty questions, and clean up: `make smoke URL=... TOKEN=...`.

The token is that of an Application. With ADMIN_TOKEN, of an Administrator, client books and a
package are asked for, too. Ends with 1 if an answer was wrong.
"""

import argparse
import os
import sys
import time

import httpx

from tools.smoke.asking import Smoke
from tools.smoke.questions import everything

TIMEOUT = 30.0


def _client(url: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=TIMEOUT, headers={"Authorization": f"Bearer {token}"})


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.smoke", description=__doc__)
    parser.add_argument("url", help="of the app, such as https://func-x.azurewebsites.net")
    parser.add_argument("--legal-entity", default="USRT", help="default: %(default)s")
    parser.add_argument("--store", default="HOUSTON", help="default: %(default)s")
    parser.add_argument("--worker", default="000160", help="has the book; default: %(default)s")
    options = parser.parse_args()
    token, admin = os.environ.get("TOKEN", ""), os.environ.get("ADMIN_TOKEN", "")
    if not token:
        parser.error("set TOKEN to the token of an Application")
    begun = time.monotonic()
    smoke = Smoke(
        client=_client(options.url, token),
        administrator=_client(options.url, admin) if admin else None,
        say=lambda line: print(line, flush=True),
        company=options.legal_entity,
        store=options.store,
        worker=options.worker,
    )
    everything(smoke)
    print(
        f"{smoke.asked - smoke.wrong} of {smoke.asked} right, {smoke.left} not asked, "
        f"in {time.monotonic() - begun:.0f} s"
    )
    return 1 if smoke.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
