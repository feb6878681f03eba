"""Double opt-in over HTTP: a token for an opt-in that waits, and the confirmation itself."""

import azure.functions as func
from pydantic import Field

from functions._customer import CLOSED, REFUSES, customer_key
from functions._http.trigger import Call, NoQuery, Operation, Reply, serve
from functions.consent.links import PER_TOKEN, UNSEEN
from shared.consent.domain.consents import (
    ConsentEntry,
    ConsentNotFound,
    ConsentNotPending,
    answer,
)
from shared.consent.links.confirmation_tokens import Confirmation, request_confirmation
from shared.consent.links.confirmations import confirm
from shared.consent.links.tokens import ConfirmationNotFound, digest_of
from shared.core.errors import Stale, TooMany
from shared.core.values import Body

bp = func.Blueprint()


class GivenConfirmation(Body):
    """What the link contains that was sent to the contact point."""

    token: str = Field(min_length=1, max_length=200, description="Token of the link")


@serve(
    bp,
    Operation(
        "POST",
        "customers/{customerId}/consents/{sequence:int}/confirmation-tokens",
        who="A",
        returns=Confirmation,
        status=201,
        secrets=("token",),
        tag="Consent",
        refuses=(*REFUSES, ConsentNotFound, ConsentNotPending),
    ),
)
async def create_confirmation_token(call: Call[NoQuery, None]) -> Reply:
    """Create a token that confirms an opt-in.

    Send it to the contact point. The token before it ends. It is not kept: whoever repeats the
    request with the same Idempotency-Key gets null.
    """
    key, sequence = await customer_key(call), int(call.path["sequence"])
    confirmation = await request_confirmation(
        key, sequence, links=call.backend.links, context=call.context
    )
    location = call.url("customers", key, "consents", str(sequence))
    return Reply(confirmation, location=location)


@serve(
    bp,
    Operation(
        "POST",
        "consent-confirmations",
        returns=ConsentEntry,
        never_kept=True,
        tag="Consent",
        refuses=(ConfirmationNotFound, TooMany, Stale, *CLOSED),
    ),
)
async def confirm_consent(call: Call[NoQuery, GivenConfirmation]) -> Reply:
    """Confirm an opt-in with the token that was sent to the contact point.

    Needs no bearer. It is in force as of when it was given, so a withdrawal after that stands. A
    second time the answer is the same.
    """
    PER_TOKEN.count(digest_of(call.body.token))
    recorded = await confirm(call.body.token, links=call.backend.links, context=call.context)
    entry = answer(recorded.entry, recorded.customer, "customer")
    return Reply(entry, headers=dict(UNSEEN))
