"""The function app: every way into the system, registered in one place."""

import azure.functions as func

from functions import (
    feed_customers,
    feed_events,
    feed_imports,
    http_addresses,
    http_companies,
    http_contacts,
    http_customers,
    http_imports,
    http_platform,
    http_searches,
    http_settings,
)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

for module in (
    feed_customers,
    feed_events,
    feed_imports,
    http_addresses,
    http_companies,
    http_contacts,
    http_customers,
    http_imports,
    http_platform,
    http_searches,
    http_settings,
):
    app.register_functions(module.bp)
