"""Client books: which associate cares for which customers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from shared.core.errors import Conflict, Forbidden, NotFound
from shared.core.evolve import evolve
from shared.core.values import Attributes, Body, Key, Record

FEATURE = "clienteling"
MOST_LEFT = 10  # associates whose books are looked into for what stayed behind
MOST_NAMED = 10_000  # clients in one request
MOST_AT_ONCE = 100  # clients in one request; more are moved in the background


class ClientNotInBook(NotFound):
    code = "client-not-in-book"


class ClientBookNotFound(NotFound):
    """There is no worker of that personnel number, so there can be no book of hers."""

    code = "client-book-not-found"


class ClientBookUnattended(Conflict):
    """Its associate no longer works here: clients leave the book, and nobody is added."""

    code = "client-book-unattended"


class ClientInAnotherBook(Conflict):
    """The customer is a client of somebody else; `holder` says of whom."""

    code = "client-in-another-book"


class NotYourClientBook(Forbidden):
    """The book is that of an associate who is not of the caller's store, or not her own."""

    code = "not-your-client-book"


class NotYourStore(Forbidden):
    code = "not-your-store"


class ClientBook(Record):
    """The book of one associate in one legal entity. `active` says whether she still works here."""

    id: str
    personnel_number: str
    name: str | None = None
    active: bool = True
    created_at: datetime
    created_by: str


class Holder(Record):
    """An associate whose client a customer is, and what she knows of her.

    `version` is the membership's when this pair last changed. `moved_by` names the plan that moved
    the client here, `since` and `since_by` when and by whom she had come to the book before.
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

    `left` are the associates in whose books she was last, so that no card stays behind. `version`
    counts the changes. `given_up` are pairs that plans ended because the other associate had the
    customer already, so that undoing them can bring them back.
    """

    customer_id: str
    version: int = 0
    holders: tuple[Holder, ...] = ()
    left: tuple[str, ...] = ()
    last_activity_at: datetime | None = None
    given_up: tuple[Holder, ...] = ()

    def of(self, personnel_number: str) -> Holder | None:
        return next((one for one in self.holders if one.personnel_number == personnel_number), None)

    def must_be_of(self, personnel_number: str) -> Holder:
        """Return the pair, or raise ClientNotInBook."""
        holder = self.of(personnel_number)
        if holder is None:
            raise ClientNotInBook(f"The customer is not a client of {personnel_number}.")
        return holder

    def added(self, new: Holder, *, several: bool) -> "Membership":
        """Put the customer into one more book. Raises ClientInAnotherBook unless `several` may."""
        if self.holders and not several:
            holder = self.holders[0].personnel_number
            raise ClientInAnotherBook(
                f"The customer is a client of {holder}.", holder={"personnelNumber": holder}
            )
        own = evolve(new, primary=not self.holders)
        return self._with((*self.holders, own), changed=new.personnel_number)

    def removed(self, personnel_number: str) -> "Membership":
        """Take the customer out of the book. Raises ClientNotInBook."""
        self.must_be_of(personnel_number)
        rest = [one for one in self.holders if one.personnel_number != personnel_number]
        return self._with(_with_primary(rest))

    def moved(self, personnel_number: str, new: Holder) -> "Membership":
        """Move the customer to another book, with what is known of her. Raises ClientNotInBook.

        Where the other associate has her already, the first one only gives her up.
        """
        old = self.must_be_of(personnel_number)
        if new.personnel_number == personnel_number:
            return self
        if self.of(new.personnel_number):
            given_up = (*self.given_up, evolve(old, moved_by=new.moved_by))
            kept = given_up[-MOST_LEFT:] if new.moved_by else self.given_up
            return evolve(self.removed(personnel_number), given_up=kept)
        heir = evolve(
            new,
            primary=old.primary,
            attributes=old.attributes,
            since=old.added_at,
            since_by=old.added_by,
        )
        holders = [heir if one is old else one for one in self.holders]
        return self._with(holders, changed=new.personnel_number)

    def given_up_by(self, plan: str) -> Holder | None:
        return next((one for one in self.given_up if one.moved_by == plan), None)

    def taken_back(self, plan: str, undone: str) -> "Membership":
        """Bring back the pair that the plan has ended, if there is one."""
        old = self.given_up_by(plan)
        if old is None:
            return self
        back = evolve(old, moved_by=undone, primary=not self.holders)
        rest = tuple(one for one in self.given_up if one is not old)
        both = self._with((*self.holders, back), changed=old.personnel_number)
        return evolve(both, given_up=rest)

    def knowing(self, personnel_number: str, attributes: Attributes) -> "Membership":
        """Return it with other values of the pair."""
        old = self.must_be_of(personnel_number)
        known = evolve(old, attributes=attributes)
        holders = [known if one is old else one for one in self.holders]
        return self._with(holders, changed=personnel_number)

    def active_at(self, moment: datetime) -> "Membership":
        """Return it after an activity."""
        if self.last_activity_at and self.last_activity_at >= moment:
            return self
        return evolve(self, last_activity_at=moment, version=self.version + 1)

    def emptied(self) -> "Membership":
        return self._with(())

    def _with(self, holders: Sequence[Holder], changed: str | None = None) -> "Membership":
        version = self.version + 1
        stamped = tuple(
            evolve(one, version=version) if one.personnel_number == changed else one
            for one in holders
        )
        now = {one.personnel_number for one in stamped}
        before = dict.fromkeys((*self.left, *(one.personnel_number for one in self.holders)))
        return evolve(
            self,
            version=version,
            holders=stamped,
            left=tuple(one for one in before if one not in now)[-MOST_LEFT:],
        )


def _with_primary(holders: Sequence[Holder]) -> Sequence[Holder]:
    """Let the one who has been there longest be the primary one, if that one has gone."""
    if not holders or any(one.primary for one in holders):
        return holders
    return [evolve(holders[0], primary=True), *holders[1:]]


class NewClients(Body):
    """More than a hundred are added in the background."""

    customer_ids: Annotated[list[Key], Field(min_length=1, max_length=MOST_NAMED)]


class ClientEdit(Body):
    """A merge patch of what the associate knows of her client."""

    attributes: Attributes


class ClientResult(Record):
    """What became of one client; `code` says why she was refused, `holder` whose client she is."""

    customer_id: str
    status: Literal["Added", "AlreadyThere", "Moved", "Refused"]
    code: str | None = None
    detail: str | None = None
    holder: dict[str, Any] | None = None


class ClientResults(Record):
    """The answer for each client, and how many there are of each."""

    results: tuple[ClientResult, ...]
    done: int
    already_there: int
    refused: int


def results_of(results: Sequence[ClientResult]) -> ClientResults:
    statuses = [one.status for one in results]
    return ClientResults(
        results=tuple(results),
        done=statuses.count("Added") + statuses.count("Moved"),
        already_there=statuses.count("AlreadyThere"),
        refused=statuses.count("Refused"),
    )
