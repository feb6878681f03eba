"""Who speaks for a channel, and whether it is paused."""

from typing import Any, Final

from pydantic import Field

from shared.context import Context
from shared.core.errors import Conflict, Forbidden
from shared.core.retry import check_version, write
from shared.core.values import Body, Line
from shared.core.versioned import Versioned
from shared.distribution.audience import read_audience
from shared.distribution.sessions.offering import Channel
from shared.ports.documents import Create, Operation, Replace

CONTAINER: Final = "distribution"
REGISTRATION: Final = "registration"
SUBJECTS: Final = "*subjects"
SCHEMA_VERSION: Final = 1


class ChannelNotAllowed(Forbidden):
    """The caller does not speak for this channel."""

    code = "channel-not-allowed"


class SubjectTaken(Conflict):
    """The application speaks for another channel."""

    code = "subject-taken"


class Registration(Body):
    """Who speaks for a channel."""

    subject: Line | None = Field(
        None, description="Subject of the tokens of the channel's application; null for any"
    )
    paused: bool = Field(False, description="Whether its download sessions are suspended")


async def read_registration(channel: str, context: Context) -> Versioned[Registration]:
    """Return the registration; one that was never written names nobody. One point read."""
    document = await context.documents.read(CONTAINER, context.partition(channel), REGISTRATION)
    if document is None:
        return Versioned(Registration(), "")
    known = {name: document.body.get(name) for name in ("subject", "paused")}
    return Versioned(Registration.model_validate(known), document.etag)


async def find_channel(number: str, context: Context) -> Channel:
    """Return the channel with its group. Raises ChannelNotFound."""
    group = (await read_audience(context)).group_of(number)
    known = (await read_registration(number, context)).value
    return Channel(number, group, known.paused, known.subject)


async def register(
    channel: str, new: Registration, *, if_match: str, context: Context
) -> Versioned[Registration]:
    """Say who speaks for the channel. Raises ChannelNotFound, SubjectTaken, Stale.

    A subject is taken first, in a document of its own: of two channels that want it one gets it.
    """
    (await read_audience(context)).group_of(channel)

    async def attempt() -> Versioned[Registration]:
        stored = await read_registration(channel, context)
        check_version(stored.etag, if_match)
        if new.subject:
            await _take(new.subject, channel, context)
        body = {**new.model_dump(), "id": REGISTRATION, "type": REGISTRATION}
        operation = _over(body, stored.etag)
        where = context.partition(channel)
        [etag] = await context.documents.commit(CONTAINER, where, [operation])
        return Versioned(new, etag)

    return await write(attempt, if_match=if_match)


async def _take(subject: str, channel: str, context: Context) -> None:
    """Note that the subject speaks for the channel. Raises SubjectTaken, Stale."""
    where, name = context.partition(SUBJECTS), f"subject:{subject}"
    document = await context.documents.read(CONTAINER, where, name)
    holder = document.body["holder"] if document else channel
    if holder != channel:
        known = (await read_registration(holder, context)).value
        if known.subject == subject:
            raise SubjectTaken(f"{subject} speaks for {holder}.", channel=holder)
    body = {"id": name, "type": "subject", "holder": channel}
    operation = _over(body, document.etag if document else "")
    await context.documents.commit(CONTAINER, where, [operation])


def _over(body: dict[str, Any], etag: str) -> Operation:
    body = body | {"schemaVersion": SCHEMA_VERSION}
    return Replace(body, etag) if etag else Create(body)
