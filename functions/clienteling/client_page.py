"""The clients of books over HTTP: the query parameters, and the page that is answered."""

from typing import Annotated

from pydantic import Field

from functions._http.trigger import Call, PageQuery, Reply
from shared.clienteling.client_pages import ClientPage, ClientQuery


class CardsQuery(PageQuery):
    filter: Annotated[
        tuple[str, ...],
        Field(
            description="Filter; may be repeated, and all must hold: name:eq:value, "
            "name:in:a|b, name:ge:value, name:le:value, name:within:30 (days), name:exists, "
            "name:prefix:kar"
        ),
    ] = ()
    sort: Annotated[
        str | None,
        Field(
            max_length=100,
            description="Sort by name, addedAt, lastActivityAt or a refinable attribute; "
            "prefix with - for descending",
        ),
    ] = None
    facets: Annotated[
        str | None,
        Field(max_length=1000, description="Refinable attributes to count, separated by commas"),
    ] = None


def query_of(call: Call[CardsQuery, None]) -> ClientQuery:
    query = call.query
    return ClientQuery(
        limit=query.limit,
        position=call.position(),
        filters=query.filter,
        sort=query.sort,
        facets=query.facets,
        accept_language=call.headers.get("accept-language"),
    )


def reply_of(call: Call[CardsQuery, None], page: ClientPage) -> Reply:
    items = [client.model_dump(mode="json", by_alias=True) for client in page.clients]
    call.shown = [client.customer_id for client in page.clients]
    body = call.page(items, page.position)
    body["insights"] = page.measures
    if page.facets is not None:
        body["facets"] = page.facets
    return Reply(body)
