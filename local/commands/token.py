"""python -m local token: print a token that the local host accepts."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.folder import Folder
from local.store.choice import STORES
from local.tokens import ROLES, Bearer
from shared.configuration.companies import every_company
from shared.configuration.domain.stores import personnel_number_of
from shared.configuration.permissions import EMPLOYEE, operations_of
from shared.configuration.workers import find_worker
from shared.core.errors import Refusal

DEMO_BEARER = Bearer("Employee", ("USRT",), personnel_number="000160", store_number="HOUSTON")


def add_to(commands: Any, data: Path) -> None:
    parser = commands.add_parser(
        "token", help="print a token for the local host", description=__doc__
    )
    parser.add_argument("--role", choices=ROLES, required=True)
    parser.add_argument(
        "--legal-entity", action="append", required=True, help="repeatable; * is every company"
    )
    parser.add_argument("--worker", help="personnel number, for an Employee")
    parser.add_argument("--store", help="store number, for an Employee")
    parser.add_argument("--customer", help="account number or GUID, for a Customer")
    parser.add_argument("--till", help="client id of the till, for an Employee who acts through it")
    parser.add_argument("--subject", default="local", help="default: %(default)s")
    parser.add_argument("--hours", type=float, default=12.0, help="default: %(default)s")
    parser.add_argument("--data", type=Path, default=data, help="folder; default: %(default)s")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.role == "Customer" and not options.customer:
        print("A Customer token needs --customer.", file=sys.stderr)
        return 2
    if options.role == "Customer" and options.legal_entity != [options.legal_entity[0].strip("*")]:
        print("A customer belongs to one --legal-entity.", file=sys.stderr)
        return 2
    bearer = Bearer(
        role=options.role,
        legal_entities=tuple(options.legal_entity),
        subject=options.subject,
        personnel_number=options.worker,
        store_number=options.store,
        customer_id=options.customer,
        till=options.till,
    )
    folder = Folder(options.data)
    if bearer.role == EMPLOYEE and folder.database.exists():
        for line in asyncio.run(_lacking(bearer, folder)):
            print(line, file=sys.stderr)
    print(folder.tokens().issue(bearer, seconds=int(options.hours * 3600)))
    return 0


async def _lacking(bearer: Bearer, folder: Folder) -> list[str]:
    """Return for each company of the token why it would let nobody in."""
    lacking = []
    number = personnel_number_of(bearer.personnel_number or "")
    async with STORES["sqlite"](folder) as documents:
        backend = folder.backend(documents)
        for company in set(bearer.legal_entities) & set(await every_company(documents)):
            context = backend.context(company, "system:token", datetime.now(UTC))
            worker = number and await find_worker(number, context)
            try:
                if worker:
                    await operations_of(worker, company, context.configuration)
                else:
                    lacking.append(f"{company} has no worker {number or 'without --worker'}.")
            except Refusal as exc:
                lacking.append(f"{company}: {exc.detail}")
    return lacking
