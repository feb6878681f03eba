"""Double opt-in: the confirmation itself, which came from the contact point."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from shared.consent import documents
from shared.consent.domain.ledger import Entry
from shared.consent.links.confirmation_documents import (
    RequestedConfirmation,
    find_confirmation,
)
from shared.consent.links.deciding_by_link import Chosen, decide_by_link
from shared.consent.links.tokens import ConfirmationNotFound, LinkTokens, digest_of
from shared.consent.recording.record import Recorded
from shared.context import Context
from shared.customers.customers import read_customer
from shared.customers.domain.customers import CustomerNotFound
from shared.customers.domain.decisions import Evidence, PointName, Said

GONE: Final = "There is nothing to confirm."


async def confirm(token: str, *, links: LinkTokens, context: Context) -> Recorded:
    """Record that the customer confirms the opt-in, as of when it was given.

    A second time nothing is recorded. Raises ConfirmationNotFound.
    """
    links.check_secret(token)
    requested = await find_confirmation(digest_of(token), context)
    if requested is None or not _is_valid(requested, context):
        raise ConfirmationNotFound(GONE)
    key = requested.customer_id
    try:
        customer = (await read_customer(key, context=context)).value
    except CustomerNotFound:
        raise ConfirmationNotFound(GONE) from None
    given = await documents.read_entry(key, requested.sequence, context)
    if given is None or given.personal is None or customer.status in {"Merged", "Erased"}:
        raise ConfirmationNotFound(GONE)
    said = _said(given, PointName(given.core.kind, requested.point_hash))
    named = replace(context, fingerprint=f"confirmation:{key}:{requested.sequence}")
    contact_id = given.personal.contact_id or ""
    return await decide_by_link(key, Chosen(contact_id, (said,)), context=named)


def _is_valid(requested: RequestedConfirmation, context: Context) -> bool:
    is_here = requested.legal_entity == context.legal_entity
    return is_here and requested.expires_at > context.now


def _said(given: Entry, point: PointName) -> Said:
    core = given.core
    return Said(
        "",
        "OptedIn",
        core.purpose,
        core.channel,
        "Customer",
        Evidence(text_version=core.text_version, locale=core.locale),
        datetime.fromisoformat(core.decided_at),
        is_proven=True,
        confirms=core.sequence,
        point=point,
    )
