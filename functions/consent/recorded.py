"""The answer to whoever has recorded a decision."""

from typing import Any

from pydantic import Field

from functions._http.trigger import Call
from shared.composition.telemetry import telemetry
from shared.consent.domain.consents import ConsentEntry, answer
from shared.consent.links.confirmation_tokens import Confirmation, confirmation_of
from shared.consent.recording.record import Recorded


class RecordedConsent(ConsentEntry):
    """The decision, and what confirms it if it waits for that."""

    confirmation: Confirmation | None = Field(
        None,
        description="What to send to the contact point; null but for applications, "
        "and where nothing has to be confirmed, or the request was repeated",
    )


async def recorded_consent(recorded: Recorded, call: Call[Any, Any]) -> RecordedConsent:
    """Return the entry, with a token where the caller has to have it confirmed."""
    entry = answer(recorded.entry, recorded.customer, call.caller.role.lower())
    if entry.outcome == "Superseded" and telemetry().on:
        labels = {"libro.legal_entity": call.legal_entity}
        telemetry().count("libro.consent.superseded", 1, labels)
    return RecordedConsent(**dict(entry), confirmation=await _confirmation(recorded, call))


async def _confirmation(recorded: Recorded, call: Call[Any, Any]) -> Confirmation | None:
    if recorded.entry.core.outcome != "Pending" or call.caller.role != "Application":
        return None
    return await confirmation_of(
        recorded.entry, recorded.customer, links=call.backend.links, context=call.context
    )
