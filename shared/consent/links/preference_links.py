"""Links to a contact point, by which whoever has it decides without signing in."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field

from shared.consent.links.tokens import PreferenceLink
from shared.consent.points import point_of
from shared.context import Context
from shared.core.errors import Invalid
from shared.core.values import Body, Record
from shared.customers.customers import read_customer
from shared.customers.domain.contacts import ContactId, find
from shared.customers.domain.decisions import PointName

DEFAULT_DAYS: Final = 90
MAX_DAYS: Final = 400


class NewPreferenceLink(Body):
    """A link to be sent to a contact point."""

    contact_id: ContactId = Field(description="Id of the contact point", examples=["1"])
    expires_in_days: Annotated[int, Field(ge=1, le=MAX_DAYS)] = Field(
        DEFAULT_DAYS, description="Days that the link is valid"
    )


class SentLink(Record):
    """A link by which whoever has the contact point decides, without signing in."""

    token: str | None = Field(
        description="The token of the link; null where the request was repeated: it is not kept"
    )
    url: str | None = Field(description="Address of the page; null where the token is")
    expires_at: str = Field(description="When the link ends", examples=["2027-02-26T09:30:00Z"])


async def link_to(key: str, new: NewPreferenceLink, context: Context) -> PreferenceLink:
    """Return a link to a contact point. Raises CustomerNotFound, ContactNotFound, Invalid."""
    customer = (await read_customer(key, context=context)).value
    contact = find(customer.contacts, new.contact_id)
    point = point_of(contact)
    if point is None:
        detail = f"{contact.value} is no address that a link could be sent to."
        raise Invalid.at("/contactId", "no-consent-for-kind", detail)
    expires_at = (context.now + timedelta(days=new.expires_in_days)).replace(microsecond=0)
    name = PointName(point.kind, point.name(context))
    return PreferenceLink(context.legal_entity, key, contact.id, name, expires_at)
