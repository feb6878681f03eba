"""Everything that is stored about a customer, as one document: GDPR, Articles 15 and 20."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import to_json

from shared.configuration.companies import read_company
from shared.context import Context
from shared.core.errors import TooLarge
from shared.core.retry import ANY
from shared.customers.change import Decision, change
from shared.customers.customers import read_customer
from shared.customers.domain.customers import WHILE_RESTRICTED, Customer
from shared.privacy.domain.erasures import RecordErased
from shared.privacy.erasing.emptying import Holdings
from shared.privacy.export_sections import SECTIONS, find_sections

SCHEMA: Final = "libro-export/1"
MAX_BYTES: Final = 32 * 1024 * 1024
RECIPIENTS: Final = (
    "stores and online channels of the company, by packages of customer data",
    "systems that follow the events of the company",
    "Customer Insights, where the company has connected it",
)
NOT_INCLUDED: Final = (
    ("search entries, cards of other views and packages", "copies of what is here", None),
    ("answers to repeated requests, and lines of imports", "kept for a day, and for seven", None),
    ("backups of the store", "kept for thirty days at most", None),
)


class ExportTooLarge(TooLarge):
    """The export is larger than one answer can be: name sections of it."""

    code = "export-too-large"


async def export_customer(
    key: str, *, sections: frozenset[str], holdings: Holdings, context: Context
) -> bytes:
    """Return the export as JSON; a section that is empty is there, empty. It is noted as an event.

    Some three reads, and a query for each hundred documents and for each book. Raises
    CustomerNotFound, RecordErased, ExportTooLarge.
    """
    customer = (await read_customer(key, context=context)).value
    if customer.status == "Erased":
        raise RecordErased("The customer was erased.")
    company = (await read_company(context=context)).value
    found = await find_sections(customer, sections, holdings, context)
    body = to_json(
        {
            "schema": SCHEMA,
            "generatedAt": context.now,
            "controller": {"legalEntity": company.legal_entity, "name": company.name},
            "subject": _subject(customer),
            "sections": {name: found[name] for name in SECTIONS if name in sections},
            "mergedRecords": [],
            "recipients": RECIPIENTS,
            "notIncluded": [
                {"what": what, "why": why, "until": until} for what, why, until in NOT_INCLUDED
            ],
        }
    )
    if len(body) > MAX_BYTES:
        raise ExportTooLarge(
            f"The export has {len(body)} bytes; name its sections.", sections=list(SECTIONS)
        )
    await _note(key, context)
    return body


def _subject(customer: Customer) -> Mapping[str, Any]:
    return {
        "id": customer.id,
        "accountNumber": customer.account_number,
        "externalIds": customer.external_ids,
    }


async def _note(key: str, context: Context) -> None:
    """Note as an event that it was exported: by whom and when, not what."""

    async def decide(customer: Customer) -> Decision:
        return Decision(customer, kind="customer.exported")

    await change(key, decide, if_match=ANY, context=context, feature=None, passes=WHILE_RESTRICTED)
