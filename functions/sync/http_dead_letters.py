"""Messages that were given up, over HTTP."""

from typing import Any

import azure.functions as func
from pydantic import Field
from pydantic_core import to_json

from functions._http import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from shared.core.values import Body
from shared.ports.bus import BusUnavailable
from shared.sync import dead_letters as usecases
from shared.sync.dead_letters import DeadLetterNotFound, DeadLetterView, of_company

bp = func.Blueprint()

ONE = "dead-letters/{letterId}"


class Replay(Body):
    body: dict[str, Any] | None = Field(None, description="The message, put right")


@serve(
    bp,
    Operation(
        "GET",
        "dead-letters",
        who="H",
        returns=PageOf[DeadLetterView],
        tag="Synchronization",
        refuses=(BusUnavailable,),
    ),
)
async def list_dead_letters(call: Call[PageQuery, None]) -> Reply:
    """List the messages of this company that could not be worked off, with the reason.

    A page may be short, even empty, and still have a next one.
    """
    position = call.position()
    found, after = await usecases.list_dead_letters(
        of_company(call.legal_entity),
        limit=call.query.limit,
        after=tuple(position) if position else None,
        bus=call.backend.bus,
        documents=call.backend.documents,
    )
    items = [one.model_dump(mode="json", by_alias=True) | {"etag": one.id} for one in found]
    return Reply(call.page(items, after))


@serve(
    bp,
    Operation(
        "GET",
        ONE,
        who="H",
        returns=DeadLetterView,
        tag="Synchronization",
        refuses=(DeadLetterNotFound, BusUnavailable),
    ),
)
async def get_dead_letter(call: Call[NoQuery, None]) -> Reply:
    """Read one. It never changes, so its version is its id."""
    found = await usecases.read_dead_letter(
        call.path["letterId"],
        of_company(call.legal_entity),
        bus=call.backend.bus,
        documents=call.backend.documents,
    )
    return Reply(found, etag=found.id)


@serve(
    bp,
    Operation(
        "POST",
        f"{ONE}/replay",
        who="H",
        status=204,
        body_optional=True,
        tag="Synchronization",
        refuses=(DeadLetterNotFound, BusUnavailable),
    ),
)
async def replay_dead_letter(call: Call[NoQuery, Replay | None]) -> Reply:
    """Send a message again, at the end of its queue: as it was, or with the body that is given.

    Of a subscription it goes to the topic, so that others who subscribe may see it twice.
    """
    body = call.body.body if call.body else None
    await usecases.replay_dead_letter(
        call.path["letterId"],
        of_company(call.legal_entity),
        body=None if body is None else to_json(body),
        bus=call.backend.bus,
    )
    return Reply()


@serve(
    bp,
    Operation(
        "DELETE",
        ONE,
        who="H",
        status=204,
        if_match="required",
        tag="Synchronization",
        refuses=(DeadLetterNotFound, BusUnavailable),
    ),
)
async def drop_dead_letter(call: Call[NoQuery, None]) -> Reply:
    """Remove a message for good."""
    await usecases.drop_dead_letter(
        call.path["letterId"], of_company(call.legal_entity), bus=call.backend.bus
    )
    return Reply()
