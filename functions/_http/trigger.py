"""What a trigger over HTTP is written with."""

from functions._http.call import Call, NoQuery, PageOf, PageQuery, Query
from functions._http.edge import serve
from functions._http.operation import JSON, MEBIBYTE, MERGE_PATCH, NDJSON, Operation
from functions._http.reply import Reply
from shared.configuration.domain.pos_operations import (
    ADD_CLIENT,
    CUSTOMER_ADD,
    CUSTOMER_EDIT,
    CUSTOMER_READ,
    CUSTOMER_SEARCH,
    REASSIGN_CLIENTS,
    REMOVE_CLIENT,
    VIEW_OWN_BOOK,
    VIEW_STORE_BOOK,
)

__all__ = [
    "ADD_CLIENT",
    "CUSTOMER_ADD",
    "CUSTOMER_EDIT",
    "CUSTOMER_READ",
    "CUSTOMER_SEARCH",
    "JSON",
    "MEBIBYTE",
    "MERGE_PATCH",
    "NDJSON",
    "REASSIGN_CLIENTS",
    "REMOVE_CLIENT",
    "VIEW_OWN_BOOK",
    "VIEW_STORE_BOOK",
    "Call",
    "NoQuery",
    "Operation",
    "PageOf",
    "PageQuery",
    "Query",
    "Reply",
    "serve",
]  # fmt: skip
