"""Dead-lettered messages over HTTP."""

import logging
from typing import Annotated, Any

import azure.functions as func
from pydantic import Field
from pydantic_core import to_json

from functions._bus.commands import NotUnderstood, check_replay
from functions._http.trigger import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from shared.core.values import Body
from shared.ports.bus import BusUnavailable
from shared.sync import dead_letters as usecases
from shared.sync.dead_letters import DeadLetterNotFound, DeadLetterView, Position, of_company

bp = func.Blueprint()
log = logging.getLogger(__name__)

DEAD_LETTER_PATH = "dead-letters/{letterId}"


class Replay(Body):
    """How to send a dead-lettered message again."""

    body: Annotated[
        dict[str, Any] | None,
        Field(
            description="Corrected message body; without it the message is sent as it was.",
            examples=[{"kind": "synchronize-customer", "legalEntity": "USRT"}],
        ),
    ] = None


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
    """List the dead-lettered messages of the company.

    Each with the reason why it could not be processed. A page may be short, even empty, and still
    have a next one.
    """
    position = call.position()
    page = await usecases.list_dead_letters(
        of_company(call.legal_entity),
        limit=call.query.limit,
        after=Position(*position) if position else None,
        bus=call.backend.bus,
        documents=call.backend.documents,
    )
    items = [
        message.model_dump(mode="json", by_alias=True) | {"etag": message.id}
        for message in page.dead_letters
    ]
    return Reply(call.page(items, page.next_position))


@serve(
    bp,
    Operation(
        "GET",
        DEAD_LETTER_PATH,
        who="H",
        returns=DeadLetterView,
        tag="Synchronization",
        refuses=(DeadLetterNotFound, BusUnavailable),
    ),
)
async def get_dead_letter(call: Call[NoQuery, None]) -> Reply:
    """Get a dead-lettered message.

    It never changes, so its version is its id.
    """
    message = await usecases.read_dead_letter(
        call.path["letterId"],
        of_company(call.legal_entity),
        bus=call.backend.bus,
        documents=call.backend.documents,
    )
    return Reply(message, etag=message.id)


@serve(
    bp,
    Operation(
        "POST",
        f"{DEAD_LETTER_PATH}/replay",
        who="H",
        status=204,
        body_optional=True,
        tag="Synchronization",
        refuses=(DeadLetterNotFound, BusUnavailable, NotUnderstood),
    ),
)
async def replay_dead_letter(call: Call[NoQuery, Replay | None]) -> Reply:
    """Send a dead-lettered message again.

    It is added to the end of its queue, as it was or with a corrected body, which has to be a
    command of this company, about the same customer. A message of a
    subscription is sent to the topic, so other subscribers may receive it twice.
    """
    body, company = call.body.body if call.body else None, call.legal_entity

    def check(entity: str, new: bytes, before: bytes) -> None:
        check_replay(entity, new, before, company)

    await usecases.replay_dead_letter(
        call.path["letterId"],
        of_company(company),
        body=None if body is None else to_json(body),
        check=check,
        bus=call.backend.bus,
    )
    log.info("%s: %s was sent again by %s", company, call.path["letterId"], call.caller.actor)
    return Reply()


@serve(
    bp,
    Operation(
        "DELETE",
        DEAD_LETTER_PATH,
        who="H",
        status=204,
        if_match="required",
        tag="Synchronization",
        refuses=(DeadLetterNotFound, BusUnavailable),
    ),
)
async def drop_dead_letter(call: Call[NoQuery, None]) -> Reply:
    """Delete a dead-lettered message permanently.

    It cannot be sent again afterwards.
    """
    await usecases.drop_dead_letter(
        call.path["letterId"], of_company(call.legal_entity), bus=call.backend.bus
    )
    return Reply()
