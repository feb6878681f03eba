"""Offline data exclusion: what a change of it would take from the channels of a group."""

from collections.abc import Collection, Mapping
from typing import Annotated, Final

from pydantic import Field

from shared.core.errors import Invalid
from shared.core.values import Key, Record
from shared.distribution.domain.jobs import JobChange
from shared.distribution.domain.scopes import ADDRESSES, CUSTOMERS

CREATE: Final = 612
NEEDED_FOR: Final[Mapping[str, tuple[int, ...]]] = {
    CUSTOMERS: (602, 603, CREATE, 623),
    ADDRESSES: (623,),
}


class ExclusionChange(JobChange):
    """What would be changed: of the job, or whether a group filters shared customer data."""

    channel_database_group: Annotated[
        Key | None,
        Field(description="Group that would filter, or not; with nothing of the job"),
    ] = None
    filter_shared_customer_data: bool | None = Field(
        None, description="Whether no customer would be sent to the channels of that group"
    )

    def check_is_one(self) -> None:
        """Raise Invalid unless it is a change of the job, or of a group and both of its fields."""
        of_group = {"channel_database_group", "filter_shared_customer_data"}
        named = {name for name in of_group if getattr(self, name) is not None}
        if named and named != of_group:
            pointer = (
                "/channelDatabaseGroup"
                if self.channel_database_group is None
                else "/filterSharedCustomerData"
            )
            raise Invalid.at(pointer, "missing", "A group is named with whether it would filter.")
        if named and self.model_fields_set - of_group:
            raise Invalid.at(
                "/channelDatabaseGroup",
                "not-together",
                "What a group filters and what changes of the job are previewed one by one.",
            )


class TablePreview(Record):
    """How many rows of a table channels have, and would lose."""

    name: Annotated[str, Field(description="Name of the table", examples=["customers"])]
    rows: int = Field(description="Rows that are sent to the group now, by the index of changes")
    removed: int = Field(description="Those of them that would be removed from its channels")
    at_least: bool = Field(
        description="Whether there are more: rows of a group are counted up to 100,000"
    )


class ExclusionPreview(Record):
    """What a change of offline data exclusion would do to a channel database group."""

    channel_database_group: Annotated[str, Field(description="Group", examples=["HOUSTON"])]
    channels: Annotated[
        tuple[str, ...], Field(description="Channels of the group", examples=[["HOUSTON"]])
    ]
    tables: tuple[TablePreview, ...] = Field(description="Tables of the job")
    operations_lost: Annotated[
        tuple[int, ...],
        Field(
            description="POS operations that channels could do no longer while they are offline",
            examples=[[602, 603, 612, 623]],
        ),
    ]
    sessions: int = Field(
        description="Open download sessions of the job that a full package would replace"
    )
    pending_uploads: int = Field(
        description="Running upload sessions of its channels: what was done offline until now"
    )


def operations_without(removed: Collection[str], *, may_create: bool) -> tuple[int, ...]:
    """Return the POS operations that need a table that is removed.

    Customer search and its clearing (602, 603) read customers, customer add (612) looks for
    duplicates among them, and customer edit (623) begins with the customer, or with an address of
    the customer. Only customers are looked up by row: all else that is done offline needs no table
    that can be excluded. Where the profiles of all channels forbid to create offline, 612 is not
    lost, for they do not have it.
    """
    lost = {operation for table in removed for operation in NEEDED_FOR.get(table, ())}
    return tuple(sorted(lost if may_create else lost - {CREATE}))
