"""What is sent to channels: the jobs and their tables, in the order in which they are applied."""

from dataclasses import dataclass
from typing import Final

UPLOAD: Final = "P-0001"  # channel to head office: channels push, so it has no runs
STORES: Final = "stores"


@dataclass(frozen=True, slots=True)
class JobKind:
    """A distribution job as every company has it. `after` are the jobs to be applied before it."""

    number: str
    name: str
    tables: tuple[str, ...]
    schedule: str
    after: tuple[str, ...] = ()

    @property
    def is_pushed(self) -> bool:
        return self.number == UPLOAD


CATALOG: Final = (
    JobKind(
        "1110",
        "Global configuration",
        (
            "company", "parameters", "features", "customer-groups", "affiliations",
            "address-books", "address-purposes", "titles", "consent-purposes",
        ),
        "0 5/15 * * * *",
    ),
    JobKind(
        "1070",
        "Channel configuration",
        (STORES, "functionality-profiles", "channel-database-groups"),
        "0 6/15 * * * *",
        ("1110",),
    ),
    JobKind("1060", "Staff", ("workers", "permission-groups"), "0 7/15 * * * *", ("1070",)),
    JobKind("1040", "Products", ("attribute-types", "attributes"), "0 8/15 * * * *", ("1110",)),
    JobKind("1150", "Catalog", ("attribute-groups",), "0 9/15 * * * *", ("1040",)),
    JobKind("1090", "Registers", ("activity-types", "card-layout"), "0 10/15 * * * *", ("1150",)),
    JobKind(
        "1010",
        "Customers",
        ("customers", "customer-addresses"),
        "0 * * * * *",
        ("1070", "1150"),
    ),
    JobKind(UPLOAD, "Upload", (), "0 * * * * *"),
)  # fmt: skip
KINDS: Final = {kind.number: kind for kind in CATALOG}
NEVER_EXCLUDED: Final = frozenset({"1110", "1070", STORES})  # a channel cannot trade without them


def order_of(number: str) -> int:
    """Return the place of a job in the order of application, from 1."""
    return list(KINDS).index(number) + 1
