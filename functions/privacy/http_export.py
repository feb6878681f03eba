"""The export of everything that is stored about a customer, over HTTP."""

import base64
import gzip
from hashlib import sha256
from typing import Annotated, Final

import azure.functions as func
from pydantic import Field

from functions._customer import REFUSES, customer_key
from functions._http.problems import BadQuery
from functions._http.trigger import Call, Operation, Query, Reply, serve
from shared.composition.holdings import HOLDINGS
from shared.core.errors import Flaw
from shared.privacy.domain.erasures import RecordErased
from shared.privacy.export_sections import SECTIONS
from shared.privacy.exporting import ExportTooLarge, export_customer

bp = func.Blueprint()

GZIP: Final = "gzip"


class ExportQuery(Query):
    sections: Annotated[
        str | None,
        Field(
            description="Sections to export, divided by commas; all of them if left out",
            examples=["notes,events"],
        ),
    ] = None


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}/export",
        who="HC",
        returns=dict,
        tag="Privacy",
        headers={"Accept-Encoding": "gzip answers it compressed"},
        refuses=(*REFUSES, RecordErased, ExportTooLarge),
    ),
)
async def export_customer_data(call: Call[ExportQuery, None]) -> Reply:
    """Get everything that is stored about a customer, as one document.

    For the rights of access and portability: GDPR, Articles 15 and 20. A section that is empty is
    there, empty. That it was exported is noted as an event, not what.
    """
    key = await customer_key(call)
    body = await export_customer(
        key, sections=_sections(call.query.sections), holdings=HOLDINGS, context=call.context
    )
    digest = base64.b64encode(sha256(body).digest()).decode()
    headers = {
        "Content-Disposition": f'attachment; filename="{key}.json"',
        "Digest": f"sha-256={digest}",
        "Cache-Control": "no-store",
    }
    if GZIP in call.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body), GZIP
    return Reply(body, headers=headers, etag=sha256(body).hexdigest()[:20])


def _sections(named: str | None) -> frozenset[str]:
    """Return the sections. Raises BadQuery for one that there is not."""
    sections = frozenset(named.split(",")) if named else frozenset(SECTIONS)
    unknown = sorted(sections.difference(SECTIONS))
    if unknown:
        detail = f"There is no section {unknown[0]}; there are {', '.join(SECTIONS)}."
        raise BadQuery([Flaw("/sections", "unknown-section", detail)])
    return sections
