"""What a trigger over HTTP is written with."""

from functions._http.call import Call, NoQuery, PageOf, PageQuery, Query
from functions._http.edge import serve
from functions._http.operation import JSON, MEBIBYTE, MERGE_PATCH, NDJSON, Operation
from functions._http.reply import Reply

__all__ = [
    "JSON", "MEBIBYTE", "MERGE_PATCH", "NDJSON", "Call", "NoQuery", "Operation", "PageOf",
    "PageQuery", "Query", "Reply", "serve",
]  # fmt: skip
