"""Contact points: e-mails, phones and web addresses, of which each kind has one primary."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shared.configuration.domain.features import FeatureOff
from shared.core.errors import Conflict, NotFound
from shared.core.evolve import evolve
from shared.core.values import LINE, Body, Line, Moment, Record, plain_line
from shared.customers.domain.decisions import Decision, GivenDecisions, ShownConsent

ContactKind = Literal["email", "phone", "url"]
ContactId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{1,36}$")]
MAX_CONTACTS = 50
FEATURE = "capture-multiple-contacts"


class ContactNotFound(NotFound):
    code = "contact-not-found"


class ContactExists(Conflict):
    code = "contact-exists"


class TooManyContacts(Conflict):
    code = "too-many-contacts"


class SuccessorNeeded(Conflict):
    """The primary of a kind cannot go while others of that kind remain."""

    code = "primary-contact-successor-needed"


class SecondaryContactsOff(FeatureOff):
    """Secondary contacts need the feature `capture-multiple-contacts`."""


ContactValue = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=254, pattern=LINE),
    AfterValidator(plain_line),
]


class NewContact(Body):
    """A contact point to add."""

    kind: ContactKind = Field(description="Kind of the contact point")
    value: ContactValue = Field(
        description="E-mail, phone or web address; kept as given", examples=["karen@example.com"]
    )
    purpose: Line | None = Field(
        None,
        description="Purpose of the contact point; Personal or Business if left out",
        examples=["Personal"],
    )
    primary: bool = Field(
        False,
        description="Whether it becomes the primary one of its kind; the first always does",
    )
    marketing_consent: Decision | None = Field(
        None,
        description="Decision about marketing here; null if none was taken",
        examples=["OptedIn"],
    )
    consents: GivenDecisions = ()


class ContactEdit(Body):
    """A merge patch of a contact point: a field that is left out stays."""

    value: ContactValue | None = Field(
        default=None,
        description="New e-mail, phone or web address; the kind stays",
        examples=["karen@example.com"],
    )
    purpose: Line | None = Field(
        None, description="Purpose of the contact point", examples=["Personal"]
    )
    primary: bool | None = Field(
        None, description="True makes it the primary one of its kind", examples=[True]
    )
    marketing_consent: Decision | None = Field(
        None,
        description="Decision about marketing here; null says nothing, and takes none back",
        examples=["OptedIn"],
    )
    verified_at: Moment | None = Field(
        None,
        description="When it was found to be in the hands of the customer; applications only",
    )

    @property
    def only_withdraws(self) -> bool:
        return self.model_fields_set == {"marketing_consent"} and (
            self.marketing_consent == "OptedOut"
        )


class ContactView(Record):
    """A contact point: an e-mail, a phone or a web address."""

    id: str = Field(description="Id of the contact point within its customer", examples=["1"])
    kind: ContactKind = Field(description="Kind of the contact point")
    value: str = Field(
        description="E-mail, phone or web address as it was given", examples=["karen@example.com"]
    )
    purpose: str = Field(description="Purpose of the contact point", examples=["Personal"])
    primary: bool = Field(description="Whether it is the primary one of its kind", examples=[True])
    marketing_consent: Decision | None = Field(
        None,
        description="Decision about marketing in force on all channels; null if there is none",
        examples=["OptedIn"],
    )
    consent_at: datetime | None = Field(
        None, description="When the decision about marketing was taken"
    )
    verified_at: datetime | None = Field(
        None,
        description="When it was found to be in the hands of the customer; null if it never was",
    )


class Contact(ContactView):
    """`normal` is what contact points are compared by, see normal_forms.py.

    What it shows of consent is a copy that shared/consent writes.

    None is a phone that is dialed within its area only: it is no other's, and no point of consent.
    """

    normal: str | None
    consents: tuple[ShownConsent, ...] = ()
    consent_until: datetime | None = None

    def shown_at(self, now: datetime) -> "Contact":
        """Return the contact point without the opt-ins that are over."""
        current = tuple(one for one in self.consents if not one.is_over(now))
        is_over = self.consent_until is not None and self.consent_until <= now
        if len(current) == len(self.consents) and not is_over:
            return self
        shown = evolve(self, consents=current)
        return evolve(shown, marketing_consent=None, consent_at=None) if is_over else shown


Contacts = tuple[Contact, ...]


def contact(new: NewContact, contact_id: str, *, normal: str | None, purpose: str) -> Contact:
    """Return the new contact point; `purpose` applies where the request names none."""
    return Contact(
        id=contact_id,
        kind=new.kind,
        value=new.value,
        purpose=new.purpose or purpose,
        primary=new.primary,
        normal=normal,
    )


def add(contacts: Contacts, new: Contact, *, several: bool) -> Contacts:
    """Add one; the first of a kind is its primary, and a new primary takes over.

    Raises ContactExists, TooManyContacts, and SecondaryContactsOff unless `several` are allowed.
    """
    same_kind = of_kind(contacts, new.kind)
    if any(is_same(other, new) for other in same_kind):
        raise ContactExists(f"The customer has the {new.kind} {new.value} already.")
    if same_kind and not several:
        raise SecondaryContactsOff(
            f"A second {new.kind} needs the feature {FEATURE}.", feature=FEATURE
        )
    if len(contacts) >= MAX_CONTACTS:
        raise TooManyContacts(f"A customer has at most {MAX_CONTACTS} contact points.")
    return _with_primary((*contacts, new), new.kind, new.id if new.primary else None)


def change(contacts: Contacts, changed: Contact) -> Contacts:
    """Replace a contact by its changed form. Raises ContactExists, SuccessorNeeded."""
    others = [other for other in of_kind(contacts, changed.kind) if other.id != changed.id]
    if any(is_same(other, changed) for other in others):
        raise ContactExists(f"The customer has the {changed.kind} {changed.value} already.")
    if others and not changed.primary and find(contacts, changed.id).primary:
        raise SuccessorNeeded(f"Make another {changed.kind} the primary one instead.")
    replaced = tuple(changed if other.id == changed.id else other for other in contacts)
    return _with_primary(replaced, changed.kind, changed.id if changed.primary else None)


def remove(contacts: Contacts, contact_id: str, successor: str | None) -> Contacts:
    """Remove one. Raises ContactNotFound, SuccessorNeeded."""
    removed = find(contacts, contact_id)
    remaining = tuple(contact for contact in contacts if contact.id != contact_id)
    if successor is not None and find(remaining, successor).kind != removed.kind:
        raise ContactNotFound(f"The successor is not another {removed.kind}.")
    same_kind = of_kind(remaining, removed.kind)
    if removed.primary and same_kind and successor is None:
        raise SuccessorNeeded(
            f"This is the primary {removed.kind}; name its successor with ?primary=.",
            candidates=[contact.id for contact in same_kind],
        )
    return _with_primary(remaining, removed.kind, successor)


def find(contacts: Contacts, contact_id: str) -> Contact:
    for contact in contacts:
        if contact.id == contact_id:
            return contact
    raise ContactNotFound(f"There is no contact {contact_id}.")


def is_same(one: Contact, other: Contact) -> bool:
    """Return whether both are the same e-mail, number or web address."""
    if one.normal is None or other.normal is None:
        return one.kind == other.kind and one.value == other.value
    return one.kind == other.kind and one.normal == other.normal


def of_kind(contacts: Sequence[Contact], kind: ContactKind) -> list[Contact]:
    return [contact for contact in contacts if contact.kind == kind]


def primary(contacts: Sequence[Contact], kind: ContactKind) -> str | None:
    return next(
        (contact.value for contact in contacts if contact.kind == kind and contact.primary), None
    )


def primary_decision(contacts: Sequence[Contact], kind: ContactKind) -> Decision | None:
    """Return the decision about marketing at the primary contact point of the kind."""
    return next(
        (one.marketing_consent for one in contacts if one.kind == kind and one.primary), None
    )


def _with_primary(contacts: Contacts, kind: ContactKind, chosen: str | None) -> Contacts:
    """Leave exactly one primary of the kind: the chosen one, the one there was, or the first."""
    same_kind = of_kind(contacts, kind)
    if chosen is None and same_kind:
        chosen = next((contact.id for contact in same_kind if contact.primary), same_kind[0].id)
    return tuple(
        contact
        if contact.kind != kind or contact.primary == (contact.id == chosen)
        else evolve(contact, primary=contact.id == chosen)
        for contact in contacts
    )
