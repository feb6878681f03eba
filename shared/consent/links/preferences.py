"""Preferences: what somebody decides who has a link to a contact point, and no login."""

from collections.abc import Sequence

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
from shared.consent.links.deciding_by_link import Chosen, decide_by_link
from shared.consent.links.linked import linked_contact, linked_customer
from shared.consent.links.sayings import said_of, withdrawal_of
from shared.consent.links.tokens import PreferenceLink
from shared.consent.points import PointKey, read_point
from shared.consent.purposes import every_purpose
from shared.consent.recording.gathering import shown_at
from shared.context import Context
from shared.customers.domain.customers import Customer


async def read_preferences(link: PreferenceLink, *, context: Context) -> Preferences:
    """Return what is in force. Raises LinkNotFound, LinkOutlived."""
    customer = await linked_customer(link, context)
    contact = linked_contact(link, customer, context)
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
    customer = await linked_customer(link, context)
    contact = linked_contact(link, customer, context)
    if contact is None and any(one.decision == "OptedIn" for one in decisions):
        raise LinkOutlived("The contact point has changed since the link was sent.")
    said = [said_of(one, link, f"/decisions/{index}") for index, one in enumerate(decisions)]
    recorded = await decide_by_link(customer.id, Chosen(link.contact_id, said), context=context)
    point = (await read_point(PointKey(link.point.kind, "", link.point.hash), context)).value
    value = masked(contact.kind, contact.value) if contact else None
    return await _preferences(link, recorded.customer, point, value, context)


async def unsubscribe(link: PreferenceLink, *, context: Context) -> Unsubscribed:
    """Withdraw what needs consent, or could be objected to; what is withdrawn already stays.

    Raises LinkNotFound.
    """
    customer = await linked_customer(link, context)
    point = (await read_point(PointKey(link.point.kind, "", link.point.hash), context)).value
    purposes = await _purposes(link, context)
    open_ = [
        one
        for one in purposes
        if not point.is_withdrawn(one.name, one.channels_of(link.point.kind))
    ]
    if open_:
        said = [withdrawal_of(one, link) for one in open_]
        await decide_by_link(customer.id, Chosen(link.contact_id, said), context=context)
    return Unsubscribed(purposes=tuple(one.name for one in purposes))


async def _preferences(
    link: PreferenceLink, customer: Customer, point: Point, value: str | None, context: Context
) -> Preferences:
    """Return what is in force; of a link that is outlived nothing but the purposes."""
    company = await context.configuration.company(context.legal_entity)
    shown = await shown_at(customer, point, context) if value else ()
    kind = link.point.kind
    offered = [one for one in await _purposes(link, context) if one.active]
    purposes = [preferred(one, kind, shown) for one in offered]
    return Preferences(company=company.name, kind=kind, value=value, purposes=tuple(purposes))


async def _purposes(link: PreferenceLink, context: Context) -> list[ConsentPurpose]:
    kind = link.point.kind
    return [one for one in await every_purpose(context) if can_be_decided(one, kind)]
