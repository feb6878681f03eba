"""Links by which customers decide without signing in, over HTTP."""

import azure.functions as func

from functions._customer import REFUSES, customer_key
from functions._http.trigger import CUSTOMER_EDIT, Call, NoQuery, Operation, Reply, serve
from shared.consent.links.preference_links import NewPreferenceLink, SentLink, link_to
from shared.core.values import as_text
from shared.customers.domain.contacts import ContactNotFound

bp = func.Blueprint()


@serve(
    bp,
    Operation(
        "POST",
        "customers/{customerId}/preference-links",
        who="EA",
        returns=SentLink,
        status=201,
        pos_operation=CUSTOMER_EDIT,
        secrets=("token", "url"),
        tag="Consent",
        refuses=(*REFUSES, ContactNotFound),
    ),
)
async def create_preference_link(call: Call[NoQuery, NewPreferenceLink]) -> Reply:
    """Create a link by which a customer decides without signing in.

    Send it to the contact point, and nowhere else: whoever has it decides. Nothing is stored of it.
    """
    link = await link_to(await customer_key(call), call.body, call.context)
    token = call.backend.links.sign(link)
    url = f"{call.origin}{call.url('preferences')}?token={token}"
    sent = SentLink(token=token, url=url, expires_at=as_text(link.expires_at))
    return Reply(sent, location=call.url("preferences"))
