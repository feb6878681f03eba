"""One parsed request: the caller, the resource, and the values that were sent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from functions._http import cursors
from functions._http.caller import Caller
from shared.composition.wiring import Backend
from shared.context import Context


class Query(BaseModel):
    """Query parameters; one that is not known is refused."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        defer_build=True,
    )


NoQuery = Query


class PageQuery(Query):
    limit: Annotated[int, Field(ge=1, le=100, description="Maximum number of items on a page")] = 20
    cursor: Annotated[
        str | None, Field(max_length=2000, description="nextCursor of the previous page")
    ] = None


T = TypeVar("T")


class PageOf(BaseModel, Generic[T]):
    """A page of a list; `nextCursor` is null on the last one."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, defer_build=True)

    items: list[T] = Field(description="The items of the page, in the order of the list")
    next_cursor: str | None = Field(
        description="What to send as `cursor` for the next page; null on the last one",
        examples=["Zm9yIHRoZSBuZXh0IHBhZ2U"],
    )

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Return the name that clients know the page by: `PageOf[ListedAddress]` is AddressPage."""
        name = params[0].__name__.removeprefix("Listed")
        return f"{name.removesuffix('View').removesuffix('Item')}Page"


Q = TypeVar("Q", bound=Query)
B = TypeVar("B")


@dataclass(slots=True)
class Call(Generic[Q, B]):
    """What a handler is called with. `if_match` is one version, `*`, or None.

    `origin` is the address of this app, as the caller has it. A handler says whom it was
    `asked_for`, and whom a list has `shown`, by their GUIDs: that is kept in the log of accesses.
    """

    name: str
    query: Q
    body: B
    path: Mapping[str, str]
    caller: Caller
    now: datetime
    backend: Backend
    if_match: str | None = None
    fingerprint: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    asked_for: str | None = None
    shown: Collection[str] = ()

    @property
    def legal_entity(self) -> str:
        return self.path.get("legalEntity", "")

    @property
    def version(self) -> str:
        """Return the version that the caller read; the edge has checked that one is named."""
        return self.if_match or ""

    @property
    def context(self) -> Context:
        return self.backend.context(
            self.legal_entity, self.caller.actor, self.now, self.fingerprint
        )

    def url(self, *segments: str) -> str:
        """Return the address of a resource of this company."""
        return "/".join(
            ["/api/v1", self.legal_entity, *(quote(segment, safe="") for segment in segments)]
        )

    def position(self) -> Any:
        """Return what the cursor of the query holds, or None. Raises BadCursor."""
        cursor = getattr(self.query, "cursor", None)
        return None if cursor is None else cursors.read(cursor, self._scope(), self.backend)

    def page(self, items: list[Any], position: Any) -> dict[str, Any]:
        """Return a page of items in their outside shape."""
        next_cursor = None
        if position is not None:
            next_cursor = cursors.write(position, self._scope(), self.backend)
        return {"items": items, "nextCursor": next_cursor}

    def slice(self, items: list[Any]) -> dict[str, Any]:
        """Return the requested page of a list that is complete in memory."""
        start = self.position() or 0
        end = start + getattr(self.query, "limit", len(items))
        return self.page(items[start:end], end if end < len(items) else None)

    def _scope(self) -> str:
        """A cursor is valid for the same query of the same company and caller only."""
        filters = self.query.model_dump_json(exclude={"limit", "cursor"})
        return f"{self.caller.actor} {self.name} {sorted(self.path.items())} {filters}"
