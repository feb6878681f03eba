"""The HTTP edge: typed operations in, problem documents out, and OpenAPI of both."""

from functions._http.call import Call, NoQuery, PageOf, PageQuery, Query
from functions._http.edge import serve
from functions._http.operation import Operation
from functions._http.reply import Reply

__all__ = ["Call", "NoQuery", "Operation", "PageOf", "PageQuery", "Query", "Reply", "serve"]
