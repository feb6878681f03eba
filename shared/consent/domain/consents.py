"""Decisions as they are sent and answered."""

from typing import Literal

from pydantic import Field, model_validator

from shared.consent.domain.ledger import Core, Entry, Personal
from shared.core.errors import Conflict, Forbidden, NotFound
from shared.core.values import in_milliseconds
from shared.customers.domain.contacts import ContactId, ContactValue
from shared.customers.domain.customers import Customer
from shared.customers.domain.decisions import GivenDecision


class ConsentWithdrawn(Conflict):
    """An opt-in without evidence cannot undo a withdrawal; `decidedAt` says when that was."""

    code = "consent-withdrawn"


class ContactNotVerified(Forbidden):
    """A customer opts in only where it is known that the contact point is theirs."""

    code = "contact-not-verified"


class ConsentNotFound(NotFound):
    code = "consent-not-found"


class ConsentNotPending(Conflict):
    """The decision does not wait for a confirmation."""

    code = "consent-not-pending"


class LedgerFull(Conflict):
    """The ledger takes no more opt-ins from the customer; a withdrawal is always taken."""

    code = "ledger-full"


class NewConsent(GivenDecision):
    """A decision about one contact point, named by its id or by what it is.

    `kind: customer` is about the person: it needs no value.
    """

    contact_id: ContactId | None = Field(
        None,
        description="Id of the contact point; or name it by `kind` and `value`",
        examples=["1"],
    )
    kind: Literal["email", "phone", "url", "customer"] | None = Field(
        None, description="Kind of the contact point, or `customer` for the person"
    )
    value: ContactValue | None = Field(None, description="E-mail or phone of the contact point")

    @model_validator(mode="after")
    def _names_a_point(self) -> "NewConsent":
        is_named = self.kind == "customer" or (self.kind and self.value)
        if self.contact_id is None and not is_named:
            raise ValueError("name the contact point by contactId, or by kind and value")
        return self


class ConsentEntry(Core):
    """A decision of the ledger. Its members but the last three are what `hash` is the hash of."""

    personal: Personal | None = Field(
        description="The part about the person; null once it was erased, or for who may not see it"
    )
    hash: str = Field(description="SHA-256 of the canonical JSON of the hashed members, RFC 8785")
    in_force: bool = Field(description="Whether it is what is in force at the contact point now")


def answer(entry: Entry, customer: Customer, role: str) -> ConsentEntry:
    """Return the entry as this role sees it."""
    return ConsentEntry(
        **entry.core.model_dump(),
        personal=_seen_by(role, entry.personal),
        hash=entry.hash,
        in_force=_is_in_force(entry, customer),
    )


def _seen_by(role: str, personal: Personal | None) -> Personal | None:
    """Hide who else has the contact point from stores and customers, and staff from customers."""
    if personal is None or role in {"application", "administrator"}:
        return personal
    if personal.origin is not None:
        return None
    if role != "customer":
        return personal
    return personal.model_copy(update={"captured_by": None, "recorded_by": None})


def _is_in_force(entry: Entry, customer: Customer) -> bool:
    """Return whether a contact point of the customer shows this decision."""
    core, contact_id = entry.core, entry.personal.contact_id if entry.personal else None
    shown = customer.consents if core.kind == "customer" else ()
    for contact in customer.contacts:
        if contact.id == contact_id:
            shown = contact.consents
    return any(
        one.purpose == core.purpose
        and core.channel in {None, one.channel}
        and one.decision == core.decision
        and in_milliseconds(one.decided_at) == core.decided_at
        for one in shown
    )
