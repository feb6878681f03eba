"""The Cosmos DB adapter connected to the endpoint."""

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.adapters.cosmos.documents import CosmosDocuments, with_connection_string
from shared.adapters.cosmos.traffic import Traffic
from shared.platform.metering import Tally, tally
from shared.platform.sessions import Session, session
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.server import connection_string

NOTHING_SEEN = "0:-1#0"
MAX_WORK = 1000  # invocations that are remembered


@asynccontextmanager
async def cosmos_documents(endpoint: Endpoint, database: str) -> AsyncIterator[CosmosDocuments]:
    documents = with_connection_string(connection_string(endpoint.url), database)
    if endpoint.conditions.lag:
        documents._traffic = ApartTraffic()
    try:
        yield documents
    finally:
        await documents.close()


class ApartTraffic(Traffic):
    """As in Azure, each function of a feed, a queue or a timer runs in a process of its own.

    It knows the tokens of its own writes only, here of one invocation. Requests share theirs.
    """

    def __init__(self) -> None:
        super().__init__()
        self._of_work: OrderedDict[int, tuple[Tally, Session]] = OrderedDict()

    def _token(self, container: str) -> str | None:
        work = self._background()
        if work is None:
            return super()._token(container)
        return work.tokens.get(container, NOTHING_SEEN)

    def _wrote(self, container: str, token: str) -> None:
        work = self._background()
        if work is not None:
            work.wrote(container, token)
        super()._wrote(container, token)

    def _background(self) -> Session | None:
        """Return what this invocation has written, if it is none of a request."""
        count = tally.get()
        if session.get() is not None or count is None:
            return None
        if len(self._of_work) > MAX_WORK:
            self._of_work.popitem(last=False)
        _, own = self._of_work.setdefault(id(count), (count, Session()))
        return own
