"""Moves of a customer between client books, as the timeline shows them."""

from pydantic import Field

from shared.clienteling.domain.client_books import Membership
from shared.core.values import Record


class BookMove(Record):
    """A customer came into a book, left one, or went from one to another."""

    from_associate: str | None = Field(
        None, description="Personnel number of the book that the customer left", examples=["000160"]
    )
    to_associate: str | None = Field(
        None,
        description="Personnel number of the book that the customer came to",
        examples=["000137"],
    )
    moved_by: str = Field(description="Who moved the customer", examples=["employee:000160"])
    membership_version: int = Field(
        description="Number of the change among all changes of the customer's books", examples=[3]
    )


def move_of(before: Membership, after: Membership, moved_by: str) -> BookMove:
    """Return how the books of the customer differ."""
    former = [holder.personnel_number for holder in before.holders]
    current = [holder.personnel_number for holder in after.holders]
    return BookMove(
        from_associate=next((number for number in former if number not in current), None),
        to_associate=next((number for number in current if number not in former), None),
        moved_by=moved_by,
        membership_version=after.version,
    )
