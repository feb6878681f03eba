"""Client books: which associate cares for which customers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from shared.core.errors import Conflict, Forbidden, NotFound
from shared.core.evolve import evolve
from shared.core.values import Attributes, Body, Key, Record

FEATURE = "clienteling"
MAX_LEFT = 10  # associates whose books are looked into for what stayed behind
MAX_CLIENTS = 10_000  # in one request
MAX_CLIENTS_AT_ONCE = 100  # in one request; more are added or moved in the background


class ClientNotInBook(NotFound):
    """The customer is not a client of this book."""

    code = "client-not-in-book"


class ClientBookNotFound(NotFound):
    """No worker has that personnel number, so there can be no book."""

    code = "client-book-not-found"


class ClientBookUnattended(Conflict):
    """The associate of the book no longer works here: clients can leave the book, not enter it."""

    code = "client-book-unattended"


class ClientInAnotherBook(Conflict):
    """The customer is a client of another associate; `holder` says which one."""

    code = "client-in-another-book"


class NotYourClientBook(Forbidden):
    """The book is not the caller's own, or not of an associate of the caller's store."""

    code = "not-your-client-book"


class ClientBook(Record):
    """The book of one associate in one legal entity."""

    id: str = Field(
        description="Number of the book, from its number sequence", examples=["CB-0007"]
    )
    personnel_number: str = Field(
        description="Personnel number of the associate", examples=["000160"]
    )
    name: str | None = Field(
        None, description="Name of the associate, if known", examples=["Tricia Fejfar"]
    )
    active: bool = Field(True, description="Whether the associate still works here")
    created_at: datetime = Field(description="When the book was created")
    created_by: str = Field(description="Who created the book", examples=["employee:000160"])


class Holder(Record):
    """An associate whose client a customer is, and what the associate knows of the client.

    `version` is the membership's when this pair last changed. `moved_by` names the bulk move that
    brought the client here, `since` and `since_by` when and by whom the client had been added to
    the book before.
    """

    personnel_number: str
    added_at: datetime
    added_by: str
    primary: bool = True
    attributes: Attributes = {}
    version: int = 0
    moved_by: str | None = None
    since: datetime | None = None
    since_by: str | None = None


class Membership(Record):
    """In whose books a customer is: the truth, of which cards are copies.

    `left` are the associates in whose books the customer was last, so that no card stays behind.
    `version` counts the changes. `given_up` are pairs that bulk moves ended because the other
    associate had the customer already, so that undoing can restore them.
    """

    customer_id: str
    version: int = 0
    holders: tuple[Holder, ...] = ()
    left: tuple[str, ...] = ()
    last_activity_at: datetime | None = None
    given_up: tuple[Holder, ...] = ()

    def of(self, personnel_number: str) -> Holder | None:
        return next(
            (holder for holder in self.holders if holder.personnel_number == personnel_number),
            None,
        )

    def must_be_of(self, personnel_number: str) -> Holder:
        """Return the pair, or raise ClientNotInBook."""
        holder = self.of(personnel_number)
        if holder is None:
            raise ClientNotInBook(f"The customer is not a client of {personnel_number}.")
        return holder

    def added(self, new: Holder, *, several: bool) -> "Membership":
        """Add the customer to one more book. Raises ClientInAnotherBook unless `several` may."""
        if self.holders and not several:
            holder = self.holders[0].personnel_number
            raise ClientInAnotherBook(
                f"The customer is a client of {holder}.", holder={"personnelNumber": holder}
            )
        own = evolve(new, primary=not self.holders)
        return self._with((*self.holders, own), changed=new.personnel_number)

    def removed(self, personnel_number: str) -> "Membership":
        """Remove the customer from the book. Raises ClientNotInBook."""
        self.must_be_of(personnel_number)
        remaining = [
            holder for holder in self.holders if holder.personnel_number != personnel_number
        ]
        return self._with(_with_primary(remaining))

    def moved(self, personnel_number: str, new: Holder) -> "Membership":
        """Move the customer to another book, with the attributes. Raises ClientNotInBook.

        Where the other associate has the client already, the first one only gives them up.
        """
        old = self.must_be_of(personnel_number)
        if new.personnel_number == personnel_number:
            return self
        if self.of(new.personnel_number):
            given_up = (*self.given_up, evolve(old, moved_by=new.moved_by))
            remembered = given_up[-MAX_LEFT:] if new.moved_by else self.given_up
            return evolve(self.removed(personnel_number), given_up=remembered)
        successor = evolve(
            new,
            primary=old.primary,
            attributes=old.attributes,
            since=old.added_at,
            since_by=old.added_by,
        )
        holders = [successor if holder is old else holder for holder in self.holders]
        return self._with(holders, changed=new.personnel_number)

    def given_up_by(self, plan: str) -> Holder | None:
        return next((pair for pair in self.given_up if pair.moved_by == plan), None)

    def taken_back(self, plan: str, undone: str) -> "Membership":
        """Restore the pair that the bulk move has ended, if there is one."""
        old = self.given_up_by(plan)
        if old is None:
            return self
        restored = evolve(old, moved_by=undone, primary=not self.holders)
        remaining = tuple(pair for pair in self.given_up if pair is not old)
        membership = self._with((*self.holders, restored), changed=old.personnel_number)
        return evolve(membership, given_up=remaining)

    def knowing(self, personnel_number: str, attributes: Attributes) -> "Membership":
        """Return the membership with other attributes of the pair."""
        old = self.must_be_of(personnel_number)
        changed = evolve(old, attributes=attributes)
        holders = [changed if holder is old else holder for holder in self.holders]
        return self._with(holders, changed=personnel_number)

    def active_at(self, moment: datetime) -> "Membership":
        """Return the membership after an activity."""
        if self.last_activity_at and self.last_activity_at >= moment:
            return self
        return evolve(self, last_activity_at=moment, version=self.version + 1)

    def emptied(self) -> "Membership":
        return self._with(())

    def _with(self, holders: Sequence[Holder], changed: str | None = None) -> "Membership":
        version = self.version + 1
        stamped = tuple(
            evolve(holder, version=version) if holder.personnel_number == changed else holder
            for holder in holders
        )
        current = {holder.personnel_number for holder in stamped}
        former = dict.fromkeys((*self.left, *(holder.personnel_number for holder in self.holders)))
        return evolve(
            self,
            version=version,
            holders=stamped,
            left=tuple(number for number in former if number not in current)[-MAX_LEFT:],
        )


def _with_primary(holders: Sequence[Holder]) -> Sequence[Holder]:
    """Make the one who has been there longest primary, if the primary one has gone."""
    if not holders or any(holder.primary for holder in holders):
        return holders
    return [evolve(holders[0], primary=True), *holders[1:]]


class NewClients(Body):
    """Customers to add to a client book; more than a hundred are added in the background."""

    customer_ids: Annotated[list[Key], Field(min_length=1, max_length=MAX_CLIENTS)] = Field(
        description="GUIDs or account numbers of the customers", examples=[["004021", "004022"]]
    )

    @property
    def in_background(self) -> bool:
        return len(self.customer_ids) > MAX_CLIENTS_AT_ONCE

    @property
    def single_id(self) -> str | None:
        """Return the only customer that is named, or None."""
        ids = list(dict.fromkeys(self.customer_ids))
        return ids[0] if len(ids) == 1 else None


class ClientEdit(Body):
    """A merge patch of what the associate knows of the client."""

    attributes: Attributes = Field(
        description="New values by attribute; null removes one",
        examples=[{"favoriteBrand": "Contoso", "shoeSize": None}],
    )


class ClientResult(Record):
    """The result for one client."""

    customer_id: str = Field(
        description="The customer, as named in the request", examples=["004021"]
    )
    status: Literal["Added", "AlreadyThere", "Moved", "Refused"] = Field(
        description="What was done with the customer"
    )
    code: str | None = Field(
        None, description="Why the customer was refused", examples=["client-in-another-book"]
    )
    detail: str | None = Field(
        None,
        description="The same as a sentence",
        examples=["The customer is a client of 000137."],
    )
    holder: dict[str, Any] | None = Field(
        None,
        description="The associate whose client the customer is already",
        examples=[{"personnelNumber": "000137", "name": "Tricia Fejfar"}],
    )


class ClientResults(Record):
    """The result for each client, and how many results there are of each kind."""

    results: tuple[ClientResult, ...] = Field(description="One result for each client, in order")
    done: int = Field(description="Clients added or moved", examples=[2])
    already_there: int = Field(description="Clients who were in the book already", examples=[0])
    refused: int = Field(description="Clients refused", examples=[1])


def results_of(results: Sequence[ClientResult]) -> ClientResults:
    statuses = [result.status for result in results]
    return ClientResults(
        results=tuple(results),
        done=statuses.count("Added") + statuses.count("Moved"),
        already_there=statuses.count("AlreadyThere"),
        refused=statuses.count("Refused"),
    )


def pair_etag(version: int) -> str:
    """Return the version of what an associate knows of a client."""
    return f"pair-{version}"
