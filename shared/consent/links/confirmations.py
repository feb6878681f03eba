"""Double opt-in: an opt-in that waits until it is confirmed from the contact point itself."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import Field

from shared.consent import documents
from shared.consent.consents import read_consent
from shared.consent.domain.consents import ConsentNotPending
from shared.consent.domain.ledger import Entry
from shared.consent.links.confirmation_documents import (
    RequestedConfirmation,
    find_confirmation,
    put_confirmation,
)
from shared.consent.links.deciding_by_link import Chosen, decide_by_link
from shared.consent.links.tokens import ConfirmationNotFound, LinkTokens, digest_of
from shared.consent.recording.record import Recorded
from shared.context import Context
from shared.core.values import Record
from shared.customers.customers import read_customer
from shared.customers.domain.customers import Customer, CustomerNotFound
from shared.customers.domain.decisions import Evidence, PointName, Said
from shared.customers.domain.normal_forms import normalize

GONE: Final = "There is nothing to confirm."


class Confirmation(Record):
    """What has to be sent to the contact point, so that the customer can confirm the opt-in."""

    token: str | None = Field(
        description="The token of the link; null where the request was repeated: it is not kept"
    )
    expires_at: datetime = Field(description="When it ends")


async def request_confirmation(
    key: str, sequence: int, *, links: LinkTokens, context: Context
) -> Confirmation:
    """Return a token that confirms the opt-in; the one before ends.

    Raises CustomerNotFound, ConsentNotFound, ConsentNotPending.
    """
    entry, customer = await read_consent(key, sequence, context=context)
    return await confirmation_of(entry, customer, links=links, context=context)


async def confirmation_of(
    entry: Entry, customer: Customer, *, links: LinkTokens, context: Context
) -> Confirmation:
    """Return a token for this entry of the customer. Raises ConsentNotPending."""
    core, personal = entry.core, entry.personal
    if core.outcome != "Pending" or personal is None or personal.value is None:
        raise ConsentNotPending(f"The entry {core.sequence} needs no confirmation.")
    parameters = await context.configuration.parameters(context.legal_entity)
    expires_at = context.now + timedelta(days=parameters.confirmation_days)
    token = links.new_secret()
    requested = RequestedConfirmation(
        digest=digest_of(token),
        legal_entity=context.legal_entity,
        customer_id=customer.id,
        sequence=core.sequence,
        point_hash=_point_hash(entry, customer, context),
        expires_at=expires_at,
    )
    await put_confirmation(requested, context)
    return Confirmation(token=token, expires_at=expires_at)


def _point_hash(entry: Entry, customer: Customer, context: Context) -> str:
    """Return the name of the point, also where the contact has another value by now."""
    personal, kind = entry.personal, entry.core.kind
    value = personal.value if personal and personal.value else ""
    known = (one.normal for one in customer.contacts if one.kind == kind and one.value == value)
    normal = next(known, None) or normalize(kind, value, None, "")
    return context.point_names.name(context.legal_entity, kind, normal or "")


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
