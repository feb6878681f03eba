"""The edge of the change feed: one decorator for every trigger that follows a container."""

from collections.abc import Awaitable, Callable
from typing import Any

import azure.functions as func

from functions._work import observed

Handler = Callable[..., Awaitable[None]]


def feed(blueprint: func.Blueprint, container: str) -> Callable[[Handler], Any]:
    """Register a function that follows the changes of a container, under leases of its own name.

    A batch that failed is retried until it succeeds: without a retry policy the host drops it.
    """

    def registered(handler: Handler) -> Any:
        trigger = blueprint.cosmos_db_trigger(
            arg_name="changes",
            connection="COSMOS",
            database_name="%COSMOS_DATABASE%",
            container_name=container,
            lease_container_name="leases",
            lease_container_prefix=handler.__name__,
        )
        retry = blueprint.retry(
            strategy="fixed_delay", max_retry_count="-1", delay_interval="00:00:05"
        )
        return retry(trigger(observed(handler)))

    return registered
