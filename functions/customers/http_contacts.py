"""Contact points of a customer over HTTP."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

import azure.functions as func
from pydantic import Field

from functions._customer import EDIT_REFUSES, REFUSES, key_of_parts
from functions._http.trigger import (
    CUSTOMER_EDIT,
    CUSTOMER_READ,
    JSON,
    MERGE_PATCH,
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Query,
    Reply,
    serve,
)
from shared.consent.domain.consents import ContactNotVerified
from shared.context import Context
from shared.core.errors import Stale
from shared.customers import contacts as usecases
from shared.customers.contacts import contact_etag
from shared.customers.domain.contacts import (
    Contact,
    ContactEdit,
    ContactExists,
    ContactId,
    ContactNotFound,
    ContactView,
    NewContact,
    SecondaryContactsOff,
    SuccessorNeeded,
    TooManyContacts,
)
from shared.customers.domain.customers import FieldNotAllowed
from shared.customers.domain.decisions import CONSENT, ShownConsent

bp = func.Blueprint()

ONE = "customers/{customerId}/contacts/{contactId}"


class ListedContact(ContactView):
    """A contact point of a list, with what is in force there, and its version."""

    consents: tuple[ShownConsent, ...] = Field(
        (), description="Decisions in force by purpose and channel"
    )
    etag: str = Field(description="Version of the contact point, for If-Match", examples=["7d1e"])


class SuccessorQuery(Query):
    primary: Annotated[
        ContactId | None, Field(description="Id of the contact point that becomes primary instead")
    ] = None


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}/contacts",
        who="ECAH",
        pos_operation=CUSTOMER_READ,
        returns=PageOf[ListedContact],
        tag="Contacts",
        refuses=REFUSES,
    ),
)
async def list_contacts(call: Call[PageQuery, None]) -> Reply:
    """List the contact points of a customer.

    A customer has at most fifty of them.
    """
    contacts = await usecases.list_contacts(
        await key_of_parts(call, to_edit=False), context=call.context
    )
    return Reply(call.slice([_item(contact, call.now) for contact in contacts]))


@serve(
    bp,
    Operation(
        "POST",
        "customers/{customerId}/contacts",
        who="ECAH",
        returns=ContactView,
        status=201,
        also=(202,),
        pos_operation=CUSTOMER_EDIT,
        tag="Contacts",
        refuses=(
            *EDIT_REFUSES,
            ContactExists,
            SecondaryContactsOff,
            TooManyContacts,
            ContactNotVerified,
            Stale,
        ),
    ),
)
async def add_contact(call: Call[NoQuery, NewContact]) -> Reply:
    """Add a contact point to a customer.

    An e-mail, a phone or a web address. The first of a kind is the primary one of that kind.
    """
    key, context = await key_of_parts(call), call.context
    contact = await usecases.add_contact(key, call.body, context=context)
    location = call.url("customers", key, "contacts", contact.value.id)
    return Reply(contact.value, etag=contact.etag, location=location, status=_status(context))


@serve(
    bp,
    Operation(
        "GET",
        ONE,
        who="ECAH",
        pos_operation=CUSTOMER_READ,
        returns=ContactView,
        tag="Contacts",
        refuses=(*REFUSES, ContactNotFound),
    ),
)
async def get_contact(call: Call[NoQuery, None]) -> Reply:
    """Get a contact point of a customer.

    With what is in force of what was decided about it.
    """
    key = await key_of_parts(call, to_edit=False)
    contact = await usecases.read_contact(key, call.path["contactId"], context=call.context)
    return Reply(contact.value.shown_at(call.now), etag=contact.etag)


@serve(
    bp,
    Operation(
        "PATCH",
        ONE,
        who="ECAH",
        returns=ContactView,
        also=(202,),
        pos_operation=CUSTOMER_EDIT,
        if_match="required",
        media_types=(MERGE_PATCH, JSON),
        tag="Contacts",
        refuses=(
            *EDIT_REFUSES,
            ContactNotFound,
            ContactExists,
            SuccessorNeeded,
            ContactNotVerified,
            FieldNotAllowed,
        ),
    ),
)
async def edit_contact(call: Call[NoQuery, ContactEdit]) -> Reply:
    """Update a contact point of a customer.

    The body is a JSON merge patch. `primary: true` makes it the primary one of its kind in place
    of the current one. 202 says that a decision about consent is kept, but not seen by every
    reader yet.
    """
    key = await key_of_parts(call)
    if "verified_at" in call.body.model_fields_set and call.caller.role != "Application":
        raise FieldNotAllowed("Only an application knows that.", fields=["verifiedAt"])
    context = call.context
    contact = await usecases.edit_contact(
        key, call.path["contactId"], call.body, if_match=call.version, context=context
    )
    return Reply(contact.value, etag=contact.etag, status=_status(context))


@serve(
    bp,
    Operation(
        "DELETE",
        ONE,
        who="ECAH",
        status=204,
        pos_operation=CUSTOMER_EDIT,
        if_match="required",
        tag="Contacts",
        refuses=(
            *EDIT_REFUSES,
            ContactNotFound,
            SuccessorNeeded,
        ),
    ),
)
async def remove_contact(call: Call[SuccessorQuery, None]) -> Reply:
    """Remove a contact point of a customer.

    Where it is the primary one and others of its kind remain, `primary` names its successor.
    """
    key = await key_of_parts(call)
    await usecases.remove_contact(
        key,
        call.path["contactId"],
        successor=call.query.primary,
        if_match=call.version,
        context=call.context,
    )
    return Reply()


def _status(context: Context) -> HTTPStatus | None:
    """Return the status where a decision is kept, and not seen by every reader yet."""
    return HTTPStatus.ACCEPTED if CONSENT in context.left_to_feed else None


def _item(contact: Contact, now: datetime) -> dict[str, Any]:
    hidden = {"normal", "consent_until"}
    view = contact.shown_at(now).model_dump(mode="json", by_alias=True, exclude=hidden)
    return view | {"etag": contact_etag(contact)}
