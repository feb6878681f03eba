"""What is known of a contact point, over HTTP. Its value never stands in a path."""

import re
from hashlib import sha256
from typing import Any, Final

import azure.functions as func

from functions._http import cursors
from functions._http.problems import NoSuchResource
from functions._http.trigger import Call, NoQuery, Operation, PageQuery, Reply, serve
from shared.consent.checks import ContactPoint
from shared.consent.lookups import FoundPoint, find_named_point, look_up_point
from shared.core.errors import Invalid

bp = func.Blueprint()

NAME: Final = re.compile(r"~([0-9][a-z2-7]{26})")


class PointQuery(PageQuery):
    """A page of the holders of a contact point."""


@serve(
    bp,
    Operation(
        "POST",
        "contact-point-lookups",
        who="AH",
        returns=FoundPoint,
        never_kept=True,
        tag="Consent",
        refuses=(Invalid,),
    ),
)
async def look_up_contact_point(call: Call[NoQuery, ContactPoint]) -> Reply:
    """Search a contact point: what is in force there, and who has it.

    Of a contact point that nobody has, both are empty. The answer is never kept for a repeated
    request. Further pages of holders are listed by `pointHash`.
    """
    found = await look_up_point(call.body, limit=20, context=call.context)
    return Reply(_with_cursor(found, call))


@serve(
    bp,
    Operation(
        "GET",
        "contact-points/{kind}/{pointName}/consents",
        who="AH",
        returns=FoundPoint,
        tag="Consent",
        refuses=(NoSuchResource,),
    ),
)
async def get_contact_point(call: Call[PointQuery, None]) -> Reply:
    """Get what is in force at a contact point, and who has it.

    It is named by its hash. The name is `~` and the `pointHash`. The value is not answered.
    """
    kind, name = call.path["kind"], NAME.fullmatch(call.path["pointName"])
    if name is None or kind not in {"email", "phone"}:
        raise NoSuchResource("There is nothing at this address.")
    scope, cursor = _scope(kind, name[1]), call.query.cursor
    after = cursors.read(cursor, scope, call.backend) if cursor else None
    found = await find_named_point(
        kind, name[1], after=after, limit=call.query.limit, context=call.context
    )
    etag = sha256(found.model_dump_json().encode()).hexdigest()[:20]
    return Reply(_with_cursor(found, call), etag=etag)


def _with_cursor(found: FoundPoint, call: Call[Any, Any]) -> FoundPoint:
    after = found.holders.next_cursor
    if after is None or found.point_hash is None:
        return found
    cursor = cursors.write(after, _scope(found.kind, found.point_hash), call.backend)
    holders = found.holders.model_copy(update={"next_cursor": cursor})
    return found.model_copy(update={"holders": holders})


def _scope(kind: str, point_hash: str) -> str:
    return f"contact point {kind} {point_hash}"
