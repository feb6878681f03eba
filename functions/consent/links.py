"""What the operations have in common that need no bearer: a link is enough, with its token.

The host writes paths into its telemetry, and never queries: so a token must not stand in a path.
"""

from typing import Annotated, Final

from pydantic import Field

from functions._http.trigger import Query
from functions.consent.limits import Limit

UNSEEN: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
PER_TOKEN: Final = Limit(30)


class TokenQuery(Query):
    token: Annotated[str, Field(min_length=1, max_length=2000, description="Token of the link")]
