"""The function app: every way into the system, registered in one place."""

import gc

# Imports leave no garbage behind: to look for it meanwhile is a fifteenth of a cold start.
gc.disable()

import azure.functions as func  # noqa: E402

from functions import (  # noqa: E402
    bus_customer_sync,
    feed_books,
    feed_cards,
    feed_customers,
    feed_events,
    feed_follow_ups,
    feed_imports,
    feed_uploads,
    http_activities,
    http_addresses,
    http_client_books,
    http_companies,
    http_contacts,
    http_customers,
    http_dead_letters,
    http_follow_ups,
    http_handovers,
    http_imports,
    http_measures,
    http_notes,
    http_parameters,
    http_platform,
    http_searches,
    http_settings,
    http_store_books,
    http_sync,
    http_uploads,
    timer_customer_sync,
    timer_follow_ups,
)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

for module in (
    bus_customer_sync,
    feed_books,
    feed_cards,
    feed_customers,
    feed_events,
    feed_follow_ups,
    feed_imports,
    feed_uploads,
    http_activities,
    http_addresses,
    http_client_books,
    http_companies,
    http_contacts,
    http_customers,
    http_dead_letters,
    http_follow_ups,
    http_handovers,
    http_imports,
    http_measures,
    http_notes,
    http_parameters,
    http_platform,
    http_searches,
    http_settings,
    http_store_books,
    http_sync,
    http_uploads,
    timer_customer_sync,
    timer_follow_ups,
):
    app.register_functions(module.bp)

gc.freeze()  # nor will what is there now ever be garbage
gc.enable()
