"""The ledger of a customer over HTTP."""

from http import HTTPStatus
from typing import Annotated, Any

import azure.functions as func
from pydantic import Field

from functions._customer import EDIT_REFUSES, REFUSES, customer_key
from functions._http.trigger import (
    CUSTOMER_EDIT,
    CUSTOMER_READ,
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Reply,
    serve,
)
from functions.consent.recorded import RecordedConsent, recorded_consent
from shared.consent import consents as usecases
from shared.consent.domain.consents import (
    ConsentEntry,
    ConsentNotFound,
    ConsentWithdrawn,
    ContactNotVerified,
    LedgerFull,
    NewConsent,
    answer,
)
from shared.consent.domain.ledger import Entry, Verification
from shared.consent.receipts import ConsentReceipt, read_receipt
from shared.consent.recording import record
from shared.core.errors import Stale
from shared.core.values import Key
from shared.customers.domain.contacts import ContactNotFound
from shared.customers.domain.customers import Customer

bp = func.Blueprint()

CONSENTS = "customers/{customerId}/consents"


class LedgerQuery(PageQuery):
    purpose: Annotated[
        Key | None, Field(description="Only decisions about this purpose", examples=["Marketing"])
    ] = None


@serve(
    bp,
    Operation(
        "POST",
        CONSENTS,
        who="ECA",
        returns=RecordedConsent,
        status=201,
        also=(202,),
        secrets=("confirmation",),
        pos_operation=CUSTOMER_EDIT,
        tag="Consent",
        refuses=(
            *EDIT_REFUSES,
            ContactNotFound,
            ConsentWithdrawn,
            ContactNotVerified,
            LedgerFull,
            Stale,
        ),
    ),
)
async def record_consent(call: Call[NoQuery, NewConsent]) -> Reply:
    """Record a decision of a customer about a contact point.

    It counts for everybody who has the contact point. A withdrawal needs no evidence and is never
    refused, also where the record is inactive or pending. An opt-in without evidence does not undo
    a withdrawal. 201 says that every reader sees the decision from now on; 202 that it is kept and
    follows. `outcome` says whether it is in force: an older decision is kept, and superseded; one
    that is pending waits for its confirmation, whose token applications are answered once.
    """
    key = await customer_key(call)
    recorded = await record.record_consent(key, call.body, context=call.context)
    location = call.url("customers", key, "consents", str(recorded.entry.core.sequence))
    return Reply(
        await recorded_consent(recorded, call),
        status=HTTPStatus.CREATED if recorded.is_settled else HTTPStatus.ACCEPTED,
        location=location,
    )


@serve(
    bp,
    Operation(
        "GET",
        CONSENTS,
        who="ECAH",
        returns=PageOf[ConsentEntry],
        pos_operation=CUSTOMER_READ,
        tag="Consent",
        refuses=REFUSES,
    ),
)
async def list_consents(call: Call[LedgerQuery, None]) -> Reply:
    """List the decisions of a customer, newest first.

    Each has its hash and that of the one before. A page that is narrowed to a purpose can be short
    and still have a next one.
    """
    page = await usecases.list_consents(
        await customer_key(call),
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    purpose = call.query.purpose
    entries = [one for one in page.entries if purpose in {None, one.core.purpose}]
    items = [_entry(entry, page.customer, call) for entry in entries]
    return Reply(call.page(items, page.continuation))


@serve(
    bp,
    Operation(
        "GET",
        f"{CONSENTS}/{{sequence:int}}",
        who="ECAH",
        returns=ConsentEntry,
        pos_operation=CUSTOMER_READ,
        tag="Consent",
        refuses=(*REFUSES, ConsentNotFound),
    ),
)
async def get_consent(call: Call[NoQuery, None]) -> Reply:
    """Get a decision of the ledger.

    By its number: decisions are numbered from 1 without gaps.
    """
    key, sequence = await customer_key(call), int(call.path["sequence"])
    entry, customer = await usecases.read_consent(key, sequence, context=call.context)
    return Reply(_entry(entry, customer, call), etag=entry.hash)


@serve(
    bp,
    Operation(
        "GET",
        f"{CONSENTS}/{{sequence:int}}/receipt",
        who="ECAH",
        returns=ConsentReceipt,
        pos_operation=CUSTOMER_READ,
        tag="Consent",
        refuses=(*REFUSES, ConsentNotFound),
    ),
)
async def get_consent_receipt(call: Call[NoQuery, None]) -> Reply:
    """Get the receipt of a decision.

    With the wording that was shown, and the hash by which the ledger can be checked.
    """
    key, sequence = await customer_key(call), int(call.path["sequence"])
    receipt = await read_receipt(key, sequence, context=call.context)
    return Reply(receipt, etag=receipt.hash)


@serve(
    bp,
    Operation(
        "GET",
        f"{CONSENTS}/verification",
        who="ECAH",
        returns=Verification,
        pos_operation=CUSTOMER_READ,
        tag="Consent",
        refuses=REFUSES,
    ),
)
async def verify_consents(call: Call[NoQuery, None]) -> Reply:
    """Verify the ledger of a customer.

    Every hash is computed again, and compared with the entry after it and with the customer.
    """
    found = await usecases.verify_consents(await customer_key(call), context=call.context)
    return Reply(found, etag=f"{found.entries}-{found.head[:20]}-{found.broken_at}")


def _entry(entry: Entry, customer: Customer, call: Call[Any, Any]) -> ConsentEntry:
    return answer(entry, customer, call.caller.role.lower())
