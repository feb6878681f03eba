"""The function app: every way into the system, registered in one place."""

import gc
from importlib import import_module

# Imports leave no garbage behind: to look for it meanwhile is a fifteenth of a cold start.
gc.disable()

import azure.functions as func  # noqa: E402

MODULES = (
    "functions.clienteling.feed_cards",
    "functions.clienteling.http_additions",
    "functions.clienteling.http_client_books",
    "functions.clienteling.http_clients",
    "functions.clienteling.http_store_books",
    "functions.configuration.http_companies",
    "functions.configuration.http_me",
    "functions.configuration.http_parameters",
    "functions.configuration.http_settings",
    "functions.consent.bus_consent",
    "functions.consent.feed_points",
    "functions.consent.http_confirmations",
    "functions.consent.http_consent_checks",
    "functions.consent.http_consents",
    "functions.consent.http_contact_points",
    "functions.consent.http_preference_links",
    "functions.consent.http_preferences",
    "functions.consent.timer_consent",
    "functions.customers.feed_directory",
    "functions.customers.feed_imports",
    "functions.customers.http_addresses",
    "functions.customers.http_contacts",
    "functions.customers.http_creation",
    "functions.customers.http_customers",
    "functions.customers.http_imports",
    "functions.customers.http_searches",
    "functions.distribution.bus_packages",
    "functions.distribution.feed_index",
    "functions.distribution.feed_runs",
    "functions.distribution.http_channels",
    "functions.distribution.http_jobs",
    "functions.distribution.http_packages",
    "functions.distribution.http_runs",
    "functions.distribution.http_sessions",
    "functions.distribution.http_verification",
    "functions.distribution.timer_distribution",
    "functions.follow_ups.feed_follow_ups",
    "functions.follow_ups.http_follow_ups",
    "functions.follow_ups.timer_follow_ups",
    "functions.handovers.feed_moves",
    "functions.handovers.http_handovers",
    "functions.handovers.http_reassignments",
    "functions.measures.http_measures",
    "functions.offline.feed_uploads",
    "functions.offline.http_conflicts",
    "functions.offline.http_uploads",
    "functions.platform.http_platform",
    "functions.privacy.feed_erasures",
    "functions.privacy.http_access_log",
    "functions.privacy.http_erasures",
    "functions.privacy.http_export",
    "functions.privacy.http_holds",
    "functions.privacy.http_retention",
    "functions.privacy.timer_privacy",
    "functions.privacy.timer_retention",
    "functions.sync.bus_customer_sync",
    "functions.sync.feed_events",
    "functions.sync.http_dead_letters",
    "functions.sync.http_set_aside",
    "functions.sync.http_sync",
    "functions.sync.http_trace",
    "functions.sync.timer_customer_sync",
    "functions.timeline.http_activities",
    "functions.timeline.http_notes",
)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

for module in MODULES:
    app.register_functions(import_module(module).bp)

gc.freeze()  # nor will what is there now ever be garbage
gc.enable()
