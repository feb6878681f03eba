"""Whether contact points may be written to, over HTTP."""

import azure.functions as func

from functions._http.trigger import Call, NoQuery, Operation, Reply, serve
from shared.consent import checks as usecases
from shared.consent.checks import CheckedPoints, ConsentCheck
from shared.core.errors import Invalid

bp = func.Blueprint()


@serve(
    bp,
    Operation(
        "POST",
        "consent-checks",
        who="AH",
        returns=CheckedPoints,
        never_kept=True,
        tag="Consent",
        refuses=(Invalid,),
    ),
)
async def check_consents(call: Call[NoQuery, ConsentCheck]) -> Reply:
    """Check whether messages may be sent to contact points.

    One to a thousand, answered in their order. Whoever nobody has heard of is `unknown`, so the
    answer does not tell who is a customer. Where one cannot be read, the whole call fails. The
    answer is never kept for a repeated request: it is asked again.
    """
    return Reply(await usecases.check_consents(call.body, context=call.context))
