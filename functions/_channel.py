"""Who speaks for a channel, and who may see what it is offered."""

from typing import Any

from functions._admission import note_trusted
from functions._http.trigger import Call
from shared.configuration.domain.stores import ChannelNotFound, NotYourStore
from shared.configuration.permissions import EMPLOYEE
from shared.configuration.workers import check_store
from shared.distribution.sessions.offering import Channel
from shared.distribution.sessions.registrations import (
    ChannelNotAllowed,
    find_channel,
)

REFUSES = (ChannelNotFound, ChannelNotAllowed)
SEES = (*REFUSES, NotYourStore)


async def may_speak(call: Call[Any, Any]) -> Channel:
    """Return the channel of the path. Raises ChannelNotFound, ChannelNotAllowed, NotYourStore.

    An Administrator may speak for any, an Employee see what the own store is offered. An
    Application is the one that is registered, or has the number of the channel in its token;
    where nobody is registered it is trusted, if the company has it so.
    """
    number, claims = call.path["storeNumber"], call.caller.verified
    channel = await find_channel(number, call.context)
    if call.caller.role == "Administrator":
        return channel
    if call.caller.role == EMPLOYEE:
        if claims.store_number != number:
            raise NotYourStore(f"You work in {claims.store_number}, not in {number}.")
        return channel
    if channel.subject == claims.subject or claims.store_number == number:
        return channel
    if not (claims.store_number or channel.subject) and await _trusts(call):
        note_trusted(call.caller, call.legal_entity)
        return channel
    raise ChannelNotAllowed(f"The token does not speak for {number}.")


async def may_look_after(call: Call[Any, Any]) -> Channel:
    """Return the channel of the path, for an Employee who works there; others as `may_speak`.

    Raises ChannelNotFound, ChannelNotAllowed, NotYourStore.
    """
    if call.caller.role != EMPLOYEE:
        return await may_speak(call)
    channel = await find_channel(call.path["storeNumber"], call.context)
    await check_store(call.caller.verified, channel.number, call.context)
    return channel


async def _trusts(call: Call[Any, Any]) -> bool:
    parameters = await call.backend.configuration.parameters(call.legal_entity)
    return parameters.trust_unregistered_channels
