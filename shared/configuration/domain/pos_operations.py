"""The POS operations of Commerce that the permission groups of workers allow here, by number."""

from collections.abc import Mapping
from typing import Final

CUSTOMER_SEARCH: Final = 602
CUSTOMER_READ: Final = (602, 603)  # one of them is enough
CUSTOMER_ADD: Final = 612
CUSTOMER_EDIT: Final = 623
VIEW_OWN_BOOK, VIEW_STORE_BOOK, ADD_CLIENT, REMOVE_CLIENT, REASSIGN_CLIENTS = range(712, 717)
NAMES: Final[Mapping[int, str]] = {
    602: "search for customers",
    603: "show a customer",
    612: "add a customer",
    623: "edit a customer",
    712: "look into the own client book",
    713: "look into the client books of the store",
    714: "add clients, and edit them",
    715: "remove clients",
    716: "reassign clients",
}
