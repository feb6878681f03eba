"""Parameters as they are answered: with the state of the connection to Customer Insights."""

from shared.configuration.domain.companies import CustomerInsights, Parameters
from shared.configuration.domain.measure_definitions import InsightsHealth
from shared.context import Context


class CustomerInsightsView(CustomerInsights):
    """`health` is found out, not configured, and is no part of the version."""

    health: InsightsHealth


class ParametersView(Parameters):
    """The parameters of a company, with the state of its connection to Customer Insights."""

    customer_insights: CustomerInsightsView


def parameters_view(parameters: Parameters, context: Context) -> ParametersView:
    connection = parameters.customer_insights
    health = context.measures.health(context.legal_entity, connection)
    insights = CustomerInsightsView(**dict(connection), health=health)
    return ParametersView(**{**dict(parameters), "customer_insights": insights})
