"""python -m local token: print a token that the local host accepts."""

import argparse
import sys
from pathlib import Path
from typing import Any

from local.folder import Folder
from local.tokens import ROLES, Bearer

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
    )
    print(Folder(options.data).tokens().issue(bearer, seconds=int(options.hours * 3600)))
    return 0
