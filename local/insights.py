"""The insights adapters of the host: imported values, or Customer Insights itself."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from shared.composition import wiring
from shared.platform.settings import Settings
from shared.ports.insights import Client, Connection, Health, Insights, InsightsRefused, Values

OpenInsights = Callable[[], AbstractAsyncContextManager[Insights]]


class ImportedInsights:
    """Returns the values that were imported for a customer; needs no secret and no network."""

    def vaults(self) -> Collection[str]:
        return ()

    async def check(self, connection: Connection, defined: Collection[str]) -> Health:
        for index, name in enumerate(connection.measures):
            if name not in defined:
                raise InsightsRefused(
                    "measure-unknown", f"{name} is not among the measures.", f"measures/{index}"
                )
        return Health()

    async def values(self, connection: Connection, clients: Sequence[Client]) -> Values:
        return {
            client.key: {
                name: client.imported[name]
                for name in connection.measures
                if name in client.imported
            }
            for client in clients
        }

    def last_health(self, _: Connection) -> Health:
        return Health()


@asynccontextmanager
async def embedded() -> AsyncIterator[Insights]:
    yield ImportedInsights()


@asynccontextmanager
async def customer_insights() -> AsyncIterator[Insights]:
    """Open the Customer Insights environment and the vault that the settings name."""
    insights = wiring.connect_insights(Settings())
    try:
        yield insights
    finally:
        await insights.close()


INSIGHTS: dict[str, OpenInsights] = {"embedded": embedded, "customer-insights": customer_insights}
