"""Preferences: what somebody decides who has a link to a contact point, and no login."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field

from shared.configuration.companies import read_company
from shared.consent.domain.points import Point
from shared.consent.domain.preferences import (
    LinkOutlived,
    NewPreference,
    Preferences,
    Unsubscribed,
    can_be_decided,
    masked,
    preferred,
)
from shared.consent.domain.purposes import ConsentPurpose
from shared.consent.links.deciding_by_link import Chosen, contact_at, decide_by_link
from shared.consent.links.tokens import LinkNotFound, LinkTokens, PreferenceLink
from shared.consent.points import PointKey, point_of, read_point
from shared.consent.purposes import every_purpose
from shared.consent.recording.gathering import shown_at
from shared.context import Context
from shared.core.errors import Invalid
from shared.core.values import Body, Record
from shared.customers.customers import read_customer
from shared.customers.domain.contacts import Contact, ContactId, find
from shared.customers.domain.customers import Customer, CustomerNotFound
from shared.customers.domain.decisions import Evidence, PointName, Said

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


def read_link(token: str, *, links: LinkTokens, context: Context) -> PreferenceLink:
    """Return the link of the token. No look into the store. Raises LinkNotFound."""
    return links.read(token, context.legal_entity, context.now)


async def read_preferences(link: PreferenceLink, *, context: Context) -> Preferences:
    """Return what is in force. Raises LinkNotFound, LinkOutlived."""
    customer = await _customer(link, context)
    contact = _contact(link, customer, context)
    if contact is None:
        raise LinkOutlived("The contact point has changed since the link was sent.")
    point = (await read_point(PointKey(contact.kind, contact.normal or ""), context)).value
    value = masked(contact.kind, contact.value)
    return await _preferences(link, customer, point, value, context)


async def set_preferences(
    link: PreferenceLink, decisions: Sequence[NewPreference], *, context: Context
) -> Preferences:
    """Record the decisions, and return what is in force then.

    A link that is outlived still withdraws. Raises LinkNotFound, LinkOutlived, Invalid.
    """
    customer = await _customer(link, context)
    contact = _contact(link, customer, context)
    if contact is None and any(one.decision == "OptedIn" for one in decisions):
        raise LinkOutlived("The contact point has changed since the link was sent.")
    said = [_said(one, link, f"/decisions/{index}") for index, one in enumerate(decisions)]
    recorded = await decide_by_link(customer.id, Chosen(link.contact_id, said), context=context)
    point = (await read_point(PointKey(link.point.kind, "", link.point.hash), context)).value
    value = masked(contact.kind, contact.value) if contact else None
    return await _preferences(link, recorded.customer, point, value, context)


async def unsubscribe(link: PreferenceLink, *, context: Context) -> Unsubscribed:
    """Withdraw what needs consent, or could be objected to; what is withdrawn already stays.

    Raises LinkNotFound.
    """
    customer = await _customer(link, context)
    point = (await read_point(PointKey(link.point.kind, "", link.point.hash), context)).value
    purposes = await _purposes(link, context)
    open_ = [one for one in purposes if not _is_withdrawn(point, one, link.point.kind)]
    if open_:
        said = [_withdrawal(one, link) for one in open_]
        await decide_by_link(customer.id, Chosen(link.contact_id, said), context=context)
    return Unsubscribed(purposes=tuple(one.name for one in purposes))


async def _customer(link: PreferenceLink, context: Context) -> Customer:
    try:
        return (await read_customer(link.customer_id, context=context)).value
    except CustomerNotFound:
        raise LinkNotFound("The link is not valid any more.") from None


def _contact(link: PreferenceLink, customer: Customer, context: Context) -> Contact | None:
    """Return the contact point, where the link may still show it."""
    if customer.status in {"Merged", "Erased"}:
        return None
    named = Said("", None, point=link.point)
    return contact_at(customer, Chosen(link.contact_id, (named,)), context)


async def _preferences(
    link: PreferenceLink, customer: Customer, point: Point, value: str | None, context: Context
) -> Preferences:
    """Return what is in force; of a link that is outlived nothing but the purposes."""
    company = await read_company(context=context)
    shown = await shown_at(customer, point, context) if value else ()
    kind = link.point.kind
    offered = [one for one in await _purposes(link, context) if one.active]
    purposes = [preferred(one, kind, shown) for one in offered]
    return Preferences(company=company.value.name, kind=kind, value=value, purposes=tuple(purposes))


async def _purposes(link: PreferenceLink, context: Context) -> list[ConsentPurpose]:
    kind = link.point.kind
    return [one for one in await every_purpose(context) if can_be_decided(one, kind)]


def _is_withdrawn(point: Point, purpose: ConsentPurpose, kind: str) -> bool:
    in_force = (point.register(purpose.name, one).in_force for one in purpose.channels_of(kind))
    return all(stamp is not None and stamp.decision == "OptedOut" for stamp in in_force)


def _said(new: NewPreference, link: PreferenceLink, pointer: str) -> Said:
    return Said(
        "",
        new.decision,
        new.purpose,
        new.channel,
        "Customer",
        Evidence(text_version=new.text_version, reference="preference link"),
        pointer=pointer,
        is_proven=True,
        point=link.point,
    )


def _withdrawal(purpose: ConsentPurpose, link: PreferenceLink) -> Said:
    return _said(NewPreference(purpose=purpose.name, decision="OptedOut"), link, "")
