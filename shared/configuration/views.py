"""Parameters as they are answered: with the state of the connection to Customer Insights."""

from pydantic import Field

from shared.configuration.domain.companies import CustomerInsights, Parameters
from shared.configuration.domain.measure_definitions import InsightsHealth
from shared.context import Context


class CustomerInsightsView(CustomerInsights):
    """The connection to Customer Insights, with its state.

    Only an Administrator sees how it signs in, and what is wrong with it.
    """

    health: InsightsHealth = Field(description="State of the connection; not part of the version")


class ParametersView(Parameters):
    """The parameters of a company, with the state of its connection to Customer Insights."""

    customer_insights: CustomerInsightsView = Field(
        description="Connection to Customer Insights, with its state"
    )


def parameters_view(
    parameters: Parameters, context: Context, *, with_secrets: bool
) -> ParametersView:
    connection = parameters.customer_insights
    health = context.measures.health(context.legal_entity, connection)
    if not with_secrets:
        connection = CustomerInsights(enabled=connection.enabled, measures=connection.measures)
        health = InsightsHealth(status=health.status)
    insights = CustomerInsightsView(**dict(connection), health=health)
    return ParametersView(**{**dict(parameters), "customer_insights": insights})
