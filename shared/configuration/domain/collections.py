"""The collections of settings, and which setting names which: so that none is left dangling."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from shared.configuration.domain import attributes as attr
from shared.configuration.domain import stores as st
from shared.configuration.domain.companies import (
    Parameters,
    first_purposes,
    first_sequences,
    first_titles,
)
from shared.configuration.domain.measure_definitions import MeasureDefinition
from shared.configuration.domain.number_sequences import NumberSequence
from shared.core.errors import Conflict, Flaw, NotFound
from shared.core.values import Setting

T = TypeVar("T", bound=Setting)
Naming = tuple[str, str, str]  # pointer into the body, collection named, key named


class Use(NamedTuple):
    """A setting as it is named: by its collection and its key."""

    collection: str
    key: str

    def __str__(self) -> str:
        return f"{self.collection}/{self.key}"


class CollectionNotFound(NotFound):
    code = "collection-not-found"


class SettingNotFound(NotFound):
    code = "setting-not-found"


class StillInUse(Conflict):
    """Settings or customers name it, so it cannot be removed.

    `usedBy` lists the settings; `customers` says how many customers name it, or at least so many
    where `customersAtLeast` is true.
    """

    code = "still-in-use"


class WorkerKept(Conflict):
    """A worker is deactivated, not removed: the record limits what a token allows."""

    code = "worker-kept"


def _names_nothing(_: Any) -> Iterable[Naming]:
    return ()


async def _no_flaws(_: Any, __: Any) -> list[Flaw]:
    return []


def _may_become_anything(_: Any, __: Any) -> None:
    """Refuse nothing."""


async def _not_used(_: str, __: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Collection(Generic[T]):
    """One kind of setting: its model, the field that is its key, and the settings it names.

    `names` returns what a setting names, and `may_name` the collections in which that can be.
    `check` returns the flaws that only a look at other settings shows; it is called with the
    setting and the context. `first` are those that a new company has. `may_become` raises what
    refuses to put one setting in the place of another of the same key, and `is_used` tells, by key
    and context, whether other things than settings name it, so that it cannot be removed. Of what
    customers name, `still_names` tells by customer, key and context whether one does. What is
    `for_tills` employees may read.
    """

    name: str
    model: type[T]
    key: str
    names: Callable[[T], Iterable[Naming]] = _names_nothing
    may_name: tuple[str, ...] = ()
    check: Callable[[T, Any], Awaitable[list[Flaw]]] = _no_flaws
    first: Callable[[], Sequence[T]] = tuple
    may_become: Callable[[T, T], None] = _may_become_anything
    is_used: Callable[[str, Any], Awaitable[bool]] = _not_used
    still_names: Callable[[str, str, Any], Awaitable[bool]] | None = None
    for_tills: bool = True

    def key_of(self, setting: T) -> str:
        return str(getattr(setting, self.key))


def naming(pointer: str, collection: str, key: str | None) -> list[Naming]:
    return [] if key is None else [(pointer, collection, key)]


def namings(pointer: str, collection: str, keys: Iterable[str]) -> list[Naming]:
    return [(f"{pointer}/{index}", collection, key) for index, key in enumerate(keys)]


def _store(store: st.Store) -> list[Naming]:
    return [
        *naming("/defaultCustomerId", "customers", store.default_customer_id),
        *naming("/functionalityProfile", "functionality-profiles", store.functionality_profile),
        *namings("/customerAddressBooks", "address-books", store.customer_address_books),
        *namings("/employeeAddressBooks", "address-books", store.employee_address_books),
        *naming("/channelDatabaseGroup", "channel-database-groups", store.channel_database_group),
    ]


def _worker(worker: st.Worker) -> list[Naming]:
    return [
        *namings("/employeeAddressBooks", "address-books", worker.employee_address_books),
        *naming("/permissionGroup", "permission-groups", worker.permission_group),
    ]


def _customer_group(group: st.CustomerGroup) -> list[Naming]:
    return naming("/accountNumberSequence", "number-sequences", group.account_number_sequence)


def _attribute(attribute: attr.Attribute) -> list[Naming]:
    return naming("/attributeType", "attribute-types", attribute.attribute_type)


def _attribute_group(group: attr.AttributeGroup) -> list[Naming]:
    return [
        (f"/members/{index}/attribute", "attributes", member.attribute)
        for index, member in enumerate(group.members)
    ]


def _channel_group(group: st.ChannelDatabaseGroup) -> list[Naming]:
    return namings("/channels", "stores", group.channels)


STORES = Collection(
    "stores",
    st.Store,
    "store_number",
    _store,
    ("customers", "functionality-profiles", "address-books", "channel-database-groups"),
)
PROFILES = Collection("functionality-profiles", st.FunctionalityProfile, "name")
WORKERS = Collection(
    "workers",
    st.Worker,
    "personnel_number",
    _worker,
    ("address-books", "permission-groups"),
)
PERMISSION_GROUPS = Collection("permission-groups", st.PermissionGroup, "name", for_tills=False)
CUSTOMER_GROUPS = Collection(
    "customer-groups", st.CustomerGroup, "id", _customer_group, ("number-sequences",)
)
AFFILIATIONS = Collection("affiliations", st.Affiliation, "name")
ADDRESS_BOOKS = Collection("address-books", st.AddressBook, "name")
ADDRESS_PURPOSES = Collection("address-purposes", st.AddressPurpose, "name", first=first_purposes)
TITLES = Collection("titles", st.Title, "name", first=first_titles)
ATTRIBUTE_TYPES = Collection("attribute-types", attr.AttributeType, "name")
ATTRIBUTES = Collection("attributes", attr.Attribute, "name", _attribute, ("attribute-types",))
ATTRIBUTE_GROUPS = Collection(
    "attribute-groups", attr.AttributeGroup, "name", _attribute_group, ("attributes",)
)
ACTIVITY_TYPES = Collection("activity-types", st.ActivityType, "name")
NUMBER_SEQUENCES = Collection(
    "number-sequences", NumberSequence, "code", first=first_sequences, for_tills=False
)
MEASURES = Collection("measures", MeasureDefinition, "name", for_tills=False)
CHANNEL_GROUPS = Collection(
    "channel-database-groups", st.ChannelDatabaseGroup, "name", _channel_group, ("stores",)
)

PARAMETERS_NAME = ("number-sequences", "attribute-groups", "measures")
COLLECTIONS: dict[str, Collection[Any]] = {}


def register(*collections: Collection[Any]) -> None:
    """Make the collections known: those of configuration here, others by `composition`."""
    COLLECTIONS.update({collection.name: collection for collection in collections})


register(
    STORES, PROFILES, WORKERS, PERMISSION_GROUPS, CUSTOMER_GROUPS, AFFILIATIONS,
    ADDRESS_BOOKS, ADDRESS_PURPOSES, TITLES, ATTRIBUTE_TYPES, ATTRIBUTES, ATTRIBUTE_GROUPS,
    ACTIVITY_TYPES, NUMBER_SEQUENCES, MEASURES, CHANNEL_GROUPS,
)  # fmt: skip


def noun(name: str) -> str:
    """Return what one setting of the collection is called in codes."""
    return name.removesuffix("s").removesuffix("-setting")


def named_by(name: str) -> list[str]:
    """Return the collections whose settings may name one of this collection."""
    namers = [one for one, collection in COLLECTIONS.items() if name in collection.may_name]
    return [*namers, "parameters"] if name in PARAMETERS_NAME else namers


def collection(name: str) -> Collection[Any]:
    if name not in COLLECTIONS:
        raise CollectionNotFound(f"There is no collection of settings {name}.")
    return COLLECTIONS[name]


def names_of_parameters(parameters: Parameters) -> list[Naming]:
    return [
        *naming("/customerAttributeGroup", "attribute-groups", parameters.customer_attribute_group),
        *naming(
            "/clientBookAttributeGroup", "attribute-groups", parameters.client_book_attribute_group
        ),
        *naming(
            "/clientBookNumberSequence", "number-sequences", parameters.client_book_number_sequence
        ),
        *naming("/customerNumberSequence", "number-sequences", parameters.customer_number_sequence),
    ]


def measures_of_parameters(parameters: Parameters) -> list[Naming]:
    """Return what is named but need not be defined: a measure may be known to its source alone."""
    measures = parameters.customer_insights.measures
    return namings("/customerInsights/measures", MEASURES.name, measures)
