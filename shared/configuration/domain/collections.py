"""The collections of settings, and which setting names which: so that none is left dangling."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.configuration.domain import attributes as attr
from shared.configuration.domain import stores as st
from shared.configuration.domain.companies import Parameters
from shared.configuration.domain.measure_definitions import MeasureDefinition
from shared.configuration.domain.number_sequences import NumberSequence
from shared.core.errors import Conflict, NotFound
from shared.core.values import Setting
from shared.follow_ups.domain.rules import FollowUpRule

T = TypeVar("T", bound=Setting)
Naming = tuple[str, str, str]  # pointer into the body, collection named, key named


class CollectionNotFound(NotFound):
    code = "collection-not-found"


class SettingNotFound(NotFound):
    code = "setting-not-found"


class StillInUse(Conflict):
    """Others name it, so it cannot go; `usedBy` tells who."""

    code = "still-in-use"


class WorkerKept(Conflict):
    """A worker is deactivated, not removed: without the record her token would know no bounds."""

    code = "worker-kept"


def _names_nothing(_: Any) -> Iterable[Naming]:
    return ()


@dataclass(frozen=True, slots=True)
class Collection(Generic[T]):
    name: str
    model: type[T]
    key: str
    names: Callable[[T], Iterable[Naming]] = _names_nothing

    def key_of(self, setting: T) -> str:
        return str(getattr(setting, self.key))


def _one(pointer: str, collection: str, key: str | None) -> list[Naming]:
    return [] if key is None else [(pointer, collection, key)]


def _many(pointer: str, collection: str, keys: Iterable[str]) -> list[Naming]:
    return [(f"{pointer}/{index}", collection, key) for index, key in enumerate(keys)]


def _store(store: st.Store) -> list[Naming]:
    return [
        *_one("/defaultCustomerId", "customers", store.default_customer_id),
        *_one("/functionalityProfile", "functionality-profiles", store.functionality_profile),
        *_many("/customerAddressBooks", "address-books", store.customer_address_books),
        *_many("/employeeAddressBooks", "address-books", store.employee_address_books),
        *_one("/channelDatabaseGroup", "channel-database-groups", store.channel_database_group),
    ]


def _worker(worker: st.Worker) -> list[Naming]:
    return [
        *_many("/employeeAddressBooks", "address-books", worker.employee_address_books),
        *_one("/permissionGroup", "permission-groups", worker.permission_group),
    ]


def _customer_group(group: st.CustomerGroup) -> list[Naming]:
    return _one("/accountNumberSequence", "number-sequences", group.account_number_sequence)


def _attribute(attribute: attr.Attribute) -> list[Naming]:
    return _one("/attributeType", "attribute-types", attribute.attribute_type)


def _attribute_group(group: attr.AttributeGroup) -> list[Naming]:
    return [
        (f"/members/{index}/attribute", "attributes", member.attribute)
        for index, member in enumerate(group.members)
    ]


def _channel_group(group: st.ChannelDatabaseGroup) -> list[Naming]:
    return _many("/channels", "stores", group.channels)


def _follow_up_rule(rule: FollowUpRule) -> list[Naming]:
    return [
        *_one("/attribute", "attributes", rule.attribute),
        *_one("/activityType", "activity-types", rule.activity_type),
    ]


STORES = Collection("stores", st.Store, "store_number", _store)
PROFILES = Collection("functionality-profiles", st.FunctionalityProfile, "name")
WORKERS = Collection("workers", st.Worker, "personnel_number", _worker)
PERMISSION_GROUPS = Collection("permission-groups", st.PermissionGroup, "name")
CUSTOMER_GROUPS = Collection("customer-groups", st.CustomerGroup, "id", _customer_group)
AFFILIATIONS = Collection("affiliations", st.Affiliation, "name")
ADDRESS_BOOKS = Collection("address-books", st.AddressBook, "name")
ADDRESS_PURPOSES = Collection("address-purposes", st.AddressPurpose, "name")
TITLES = Collection("titles", st.Title, "name")
ATTRIBUTE_TYPES = Collection("attribute-types", attr.AttributeType, "name")
ATTRIBUTES = Collection("attributes", attr.Attribute, "name", _attribute)
ATTRIBUTE_GROUPS = Collection("attribute-groups", attr.AttributeGroup, "name", _attribute_group)
ACTIVITY_TYPES = Collection("activity-types", st.ActivityType, "name")
NUMBER_SEQUENCES = Collection("number-sequences", NumberSequence, "code")
MEASURES = Collection("measures", MeasureDefinition, "name")
FOLLOW_UP_RULES = Collection("follow-up-rules", FollowUpRule, "name", _follow_up_rule)
CHANNEL_GROUPS = Collection(
    "channel-database-groups", st.ChannelDatabaseGroup, "name", _channel_group
)

COLLECTIONS: Mapping[str, Collection[Any]] = {
    collection.name: collection
    for collection in (
        STORES, PROFILES, WORKERS, PERMISSION_GROUPS, CUSTOMER_GROUPS, AFFILIATIONS,
        ADDRESS_BOOKS, ADDRESS_PURPOSES, TITLES, ATTRIBUTE_TYPES, ATTRIBUTES, ATTRIBUTE_GROUPS,
        ACTIVITY_TYPES, NUMBER_SEQUENCES, MEASURES, CHANNEL_GROUPS, FOLLOW_UP_RULES,
    )
}  # fmt: skip

# Who may name a setting of this collection: where to look before it goes.
NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "customers": ("stores",),
    "stores": ("channel-database-groups",),
    "functionality-profiles": ("stores",),
    "address-books": ("stores", "workers"),
    "channel-database-groups": ("stores",),
    "permission-groups": ("workers",),
    "number-sequences": ("customer-groups", "parameters"),
    "attribute-types": ("attributes",),
    "attributes": ("attribute-groups", "follow-up-rules"),
    "activity-types": ("follow-up-rules",),
    "attribute-groups": ("parameters",),
    "measures": ("parameters",),
}


def collection(name: str) -> Collection[Any]:
    if name not in COLLECTIONS:
        raise CollectionNotFound(f"There is no collection of settings {name}.")
    return COLLECTIONS[name]


def names_of_parameters(parameters: Parameters) -> list[Naming]:
    return [
        *_one("/customerAttributeGroup", "attribute-groups", parameters.customer_attribute_group),
        *_one(
            "/clientBookAttributeGroup", "attribute-groups", parameters.client_book_attribute_group
        ),
        *_one(
            "/clientBookNumberSequence", "number-sequences", parameters.client_book_number_sequence
        ),
        *_one("/customerNumberSequence", "number-sequences", parameters.customer_number_sequence),
    ]


def measures_of_parameters(parameters: Parameters) -> list[Naming]:
    """Return what is named but need not be defined: a measure may be known to its source alone."""
    measures = parameters.customer_insights.measures
    return _many("/customerInsights/measures", MEASURES.name, measures)
