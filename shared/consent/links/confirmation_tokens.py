"""Double opt-in: an opt-in that waits, and the token that confirms it."""

from datetime import datetime, timedelta

from pydantic import Field

from shared.consent.consents import read_consent
from shared.consent.domain.consents import ConsentNotPending
from shared.consent.domain.ledger import Entry
from shared.consent.links.confirmation_documents import RequestedConfirmation, put_confirmation
from shared.consent.links.tokens import LinkTokens, digest_of
from shared.context import Context
from shared.core.values import Record
from shared.customers.domain.customers import Customer
from shared.customers.domain.normal_forms import normalize


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
